import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type Finding, type Population, fsck, unknowingHost } from '@galapagos/population';

/** As on a host that knows nothing of other processes. */
export async function check(population: Population): Promise<Finding[]> {
  return await fsck(population, unknowingHost);
}

/** One of the living, the first that a test raises. */
export const alive = 'alive/0.500000~w1-1~1';

/** What may be wrong with a directory: in words, at which path, how it comes to that, and what `fsck` says of it. */
export const spoilt: [string, string, (root: string) => void, { severity: string; problem: RegExp }][] = [
  [
    'a name that is not ours',
    'alive/x',
    (root) => mkdirSync(`${root}/alive/x`),
    { severity: 'warning', problem: /not a name/ },
  ],
  [
    'such a name among the workers',
    'workers/X',
    (root) => mkdirSync(`${root}/workers/X`),
    { severity: 'warning', problem: /not a name/ },
  ],
  [
    'such a name in the history',
    'history/x',
    (root) => writeFileSync(`${root}/history/x`, ''),
    { severity: 'warning', problem: /not a name/ },
  ],
  [
    'a file at the top',
    'notes.txt',
    (root) => writeFileSync(`${root}/notes.txt`, ''),
    { severity: 'note', problem: /not a name/ },
  ],
  [
    'no DNA',
    alive,
    (root) => rmSync(`${root}/${alive}/dna.json`),
    { severity: 'error', problem: /dna.json is missing/ },
  ],
  [
    'a DNA that is none',
    alive,
    (root) => writeFileSync(`${root}/${alive}/dna.json`, '{}'),
    { severity: 'error', problem: /dna.json/ },
  ],
  [
    'no birth',
    alive,
    (root) => rmSync(`${root}/${alive}/birth.json`),
    { severity: 'error', problem: /birth.json is missing/ },
  ],
  [
    'the birth of another',
    alive,
    (root) =>
      writeFileSync(
        `${root}/${alive}/birth.json`,
        '{"format":1,"id":"w1-7","parent":null,"mutations":[],"worker":"w1","bornAt":""}',
      ),
    { severity: 'error', problem: /of individual w1-7/ },
  ],
  [
    'other weights',
    alive,
    (root) => writeFileSync(`${root}/${alive}/1/weights.safetensors`, 'x'),
    { severity: 'error', problem: /weights do not match/ },
  ],
  [
    'no evaluation',
    alive,
    (root) => rmSync(`${root}/${alive}/1/evaluation.json`),
    { severity: 'error', problem: /evaluation is missing/ },
  ],
  [
    'another fitness',
    'alive/0.600000~w1-1~1',
    (root) => renameSync(`${root}/${alive}`, `${root}/alive/0.600000~w1-1~1`),
    { severity: 'error', problem: /says fitness 0.5/ },
  ],
  [
    'a file in the place of an individual',
    'dead/w1-3~1~w1',
    (root) => writeFileSync(`${root}/dead/w1-3~1~w1`, ''),
    { severity: 'error', problem: /no directory/ },
  ],
  [
    'one in the hall of fame without a record',
    'hall-of-fame',
    (root) => renameSync(`${root}/${alive}`, `${root}/hall-of-fame/0.500000~w1-1~1`),
    { severity: 'error', problem: /without a record/ },
  ],
];
