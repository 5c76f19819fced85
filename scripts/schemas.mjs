// Writes the JSON Schemas that are published with the packages, out of the code that reads such files.
//
//   npx tsc --build && node scripts/schemas.mjs          writes them
//   npx tsc --build && node scripts/schemas.mjs --check  exits with 1 where a committed one is stale

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';

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
    file: 'packages/cli/configuration.schema.json',
    from: 'packages/cli/dist/index.js',
    make: ({ configurationJsonSchema }) => configurationJsonSchema(),
    id: 'urn:galapagos:configuration:1',
    title: 'Galapagos configuration',
  },
];

const check = process.argv.includes('--check');
const stale = [];
for (const row of schemas) {
  const text = await render(row);
  const file = new URL(row.file, root);
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed === text) continue;
  stale.push(row.file);
  if (!check) await writeFile(file, text);
}
if (check && stale.length > 0) {
  console.error(`stale: ${stale.join(', ')}\nrun: npx tsc --build && node scripts/schemas.mjs`);
  process.exitCode = 1;
} else {
  console.log(stale.length > 0 ? `wrote ${stale.join(', ')}` : `${schemas.length} schema(s) up to date`);
}

async function render({ file, from, make, id, title }) {
  const { $schema, ...rest } = make(await import(new URL(from, root).href));
  const json = JSON.stringify({ $schema, $id: id, title, ...rest }, null, 2);
  const filepath = fileURLToPath(new URL(file, root));
  return prettier.format(json, { ...(await prettier.resolveConfig(filepath)), filepath });
}
