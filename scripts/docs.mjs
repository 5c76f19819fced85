// Writes the pages of docs/ that are made out of code: the references of the command line and of the configuration.
//
//   npx tsc --build && node scripts/docs.mjs          writes them
//   npx tsc --build && node scripts/docs.mjs --check  exits with 1 where a committed one is stale

import { readFile } from 'node:fs/promises';
import * as cli from '../packages/cli/dist/index.js';
import * as dna from '../packages/dna/dist/index.js';
import { cliPage } from './docs/cli.mjs';
import { configurationPage } from './docs/configuration.mjs';
import { metricsPage } from './docs/metrics.mjs';
import { writeOrCheck } from './generated.mjs';

const example = await readFile(new URL('../docs/example.yaml', import.meta.url), 'utf8');
const made = [
  { file: 'docs/cli.md', text: await cliPage(cli, dna) },
  { file: 'docs/configuration.md', text: configurationPage(cli, example) },
  { file: 'docs/metrics.md', text: metricsPage(cli) },
];
await writeOrCheck(made, 'npx tsc --build && node scripts/docs.mjs');
