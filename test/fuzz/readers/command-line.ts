import { rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { main } from '@galapagos/cli';
import { integer } from '@galapagos/dna';
import { one, spoil } from '../hostile-bytes.js';
import { type Cast } from './cast.js';
import { Finding, type Reader, withSpoilt } from './reader.js';

export function configurationReader(folder: string): Reader {
  const sample = Buffer.from(
    [
      'search: { populationSize: 8, seed: "a", mutationsPerReproduction: 1, firstLearningRate: 0.1 }',
      'data: { source: synthetic, seed: 1, validation: 40, test: 40, synthetic: { height: 8, width: 8, examples: 240 } }',
      'training: { steps: 4, batchSize: 10, momentum: 0.9, padCrop: 1, checkpointSeconds: 2m, limits: { seconds: 60, parameters: 1e6, memoryBytes: 1e9, flopsPerExample: 1e9 } }',
      'bounds: { individuals: 10, leaseSeconds: 10, wallSeconds: 1h }',
      '',
    ].join('\n'),
  );
  const json = Buffer.from(
    JSON.stringify({
      search: { populationSize: 8, seed: 'a' },
      data: {
        source: 'synthetic',
        validation: 40,
        test: 40,
        synthetic: { height: 8, width: 8, examples: 240 },
      },
      training: { steps: 4, batchSize: 10, limits: { seconds: 60, memoryBytes: 1e9, flopsPerExample: 1e9 } },
      bounds: { individuals: 10, leaseSeconds: 10 },
    }),
  );
  return {
    name: 'configuration',
    read: async (random) => {
      const file = join(folder, 'search.yaml');
      const root = join(folder, 'configured');
      const spoilt = integer(random, 2) === 0 ? spoil(sample, 'text', random) : spoil(json, 'json', random);
      writeFileSync(file, spoilt);
      try {
        // Only a machine that is measured takes long, so all limits are given; what is large is not begun.
        await say(['init', root, '--config', file], [0, 2]);
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    },
  };
}

/** What views say of a population in which one file is spoilt. */
export function viewReader(root: string, { alive, worker, ids }: Cast): Reader {
  const files: readonly (readonly [string, 'json' | 'lines' | 'bytes' | 'text'])[] = [
    [`${alive}/dna.json`, 'json'],
    [`${alive}/birth.json`, 'json'],
    [`${alive}/1/attempt.json`, 'json'],
    [`${alive}/1/evaluation.json`, 'json'],
    [`${alive}/1/curve.jsonl`, 'lines'],
    [`workers/${worker}/worker.json`, 'json'],
    [`workers/${worker}/totals.json`, 'json'],
    [`workers/${worker}/beat`, 'bytes'],
    [`history/${worker}.jsonl`, 'lines'],
    ['control/000003', 'json'],
    ['control/000004', 'json'],
    ['experiment.json', 'json'],
    ['logs/2017-03-03T00-00-00/slot-0.log', 'lines'],
    [`logs/workers/${worker}.log`, 'lines'],
  ];
  const verbs = (id: string, other: string): readonly (readonly string[])[] => [
    ['status'],
    ['status', '--json'],
    ['ls'],
    ['ls', '--json'],
    ['ls', '--csv', '-'],
    ['best'],
    ['best', '--json'],
    ['show', id],
    ['show', id, '--json'],
    ['lineage', id],
    ['lineage', id, '--json'],
    ['lineage', id, '--descendants'],
    ['lineage', id, '--svg', '-'],
    ['draw', id],
    ['draw', id, '--svg', '-'],
    ['diff', id, other],
    ['diff', id, other, '--json'],
    ['logs'],
    ['logs', '--json'],
    ['fsck'],
    ['fsck', '--json'],
    ['gc', '--dry-run'],
    ['gc', '--dry-run', '--json'],
  ];
  return {
    name: 'views',
    read: async (random) => {
      const [below, kind] = one(files, random);
      const [verb = '', ...rest] = one(verbs(one(ids, random), one(ids, random)), random);
      await withSpoilt(join(root, below), kind, random, async () => {
        await say([verb, root, ...rest], [0, 1, 2, 3, 5]);
      });
    },
  };
}

/** What must not come to a terminal: controls but tab and newline, and what turns the direction of writing. */
// eslint-disable-next-line no-control-regex -- Controls are what it is about.
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

async function say(argv: readonly string[], codes: readonly number[]): Promise<void> {
  const said: string[] = [];
  const tell = (line: string): void => void said.push(line);
  const terminal = {
    out: tell,
    err: tell,
    status: tell,
    screen: () => undefined,
    isWatched: false,
    columns: 80,
  };
  const code = await main(argv, {}, terminal);
  const text = said.join('\n');
  const what = `galapagos ${argv.map((word) => basename(word)).join(' ')}`;
  if (!codes.includes(code)) throw new Finding(`${what} ended with ${code}: ${text.slice(0, 2000)}`);
  if (/\n {4}at \S+.*:\d+:\d+/.test(text)) throw new Finding(`${what} said a stack: ${text.slice(0, 3000)}`);
  const control = CONTROL.exec(text);
  if (control !== null) {
    const around = JSON.stringify(text.slice(Math.max(0, control.index - 60), control.index + 20));
    throw new Finding(`${what} said a control character: ${around}`);
  }
  if (argv.includes('--json') && !argv.includes('logs') && code === 0) {
    try {
      JSON.parse(said.filter((line) => /^[[{]/.test(line)).join('\n'));
    } catch (error) {
      throw new Finding(`${what} said no JSON: ${String(error)} ${text.slice(0, 500)}`);
    }
  }
}
