// Writes the JSON Schemas that are published with the packages, out of the code that reads such files.
//
//   npx tsc --build && node scripts/schemas.mjs          writes them
//   npx tsc --build && node scripts/schemas.mjs --check  exits with 1 where a committed one is stale

import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { writeOrCheck } from './generated.mjs';

const root = new URL('../', import.meta.url);

/** One row per schema: where it is committed, and how the built package that it is made from gives it. */
const schemas = [
  {
    file: 'packages/dna/dna.schema.json',
    from: 'packages/dna/dist/index.js',
    make: ({ dnaSchema }) => dnaSchema.toJSONSchema(),
    id: 'urn:galapagos:dna:1',
    title: 'Galapagos DNA',
  },
  {
    file: 'packages/trainer/evaluation.schema.json',
    from: 'packages/trainer/dist/index.js',
    make: ({ answerJsonSchema }) => answerJsonSchema(),
    id: 'urn:galapagos:evaluation:1',
    title: 'What a trainer of your own answers',
  },
  {
    file: 'packages/cli/configuration.schema.json',
    from: 'packages/cli/dist/index.js',
    make: ({ configurationJsonSchema }) => configurationJsonSchema(),
    id: 'urn:galapagos:configuration:1',
    title: 'Galapagos configuration',
  },
];

const made = [];
for (const row of schemas) made.push({ file: row.file, text: await render(row) });
await writeOrCheck(made, 'npx tsc --build && node scripts/schemas.mjs');

async function render({ file, from, make, id, title }) {
  const { $schema, ...rest } = make(await import(new URL(from, root).href));
  const json = JSON.stringify({ $schema, $id: id, title, ...rest }, null, 2);
  const filepath = fileURLToPath(new URL(file, root));
  return prettier.format(json, { ...(await prettier.resolveConfig(filepath)), filepath });
}
