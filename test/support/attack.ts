import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type SeededRandom, integer } from '@galapagos/dna';

/** Something outside of an experiment that links lead to, made so that it looks like what a worker clears away. */
export class Canary {
  readonly #before: string;

  constructor(readonly path: string) {
    for (const folder of [
      'trash/w9-1~1~recorded',
      'trash/w9-2',
      'staging/w9-3',
      '1',
      '2',
      'training',
      'alive',
    ])
      mkdirSync(`${path}/${folder}`, { recursive: true });
    for (const file of [
      'trash/w9-2/x',
      'staging/w9-3/dna.json',
      '1/weights.safetensors',
      'dna.json',
      'totals.json',
    ])
      writeFileSync(`${path}/${file}`, `precious ${file}`);
    writeFileSync(`${path}/beat`, 'left\n');
    this.#before = this.#checksum();
  }

  get isUntouched(): boolean {
    return this.#checksum() === this.#before;
  }

  /** Of all names, what they are, and what is in them. */
  #checksum(): string {
    const hash = createHash('sha256');
    for (const name of (readdirSync(this.path, { recursive: true }) as string[]).sort()) {
      const stat = lstatSync(`${this.path}/${name}`);
      hash.update(`${name} ${stat.mode} ${stat.nlink} `);
      if (stat.isFile()) hash.update(readFileSync(`${this.path}/${name}`));
    }
    return hash.digest('hex');
  }
}

/** Drops one hostile thing into some directory of an experiment, or in the place of a file. @returns What and where. */
export function drop(root: string, canary: Canary, random: SeededRandom): string {
  const directory = pick(directoriesIn(root), random);
  const taken = filesOf(root, directory);
  const replaces = taken.length > 0 && random.next() < 0.3;
  const name = pick(replaces ? taken : [...NAMES, ...namesFor(directory, random)], random);
  const path = Buffer.concat([Buffer.from(`${root}/${directory}/`), Buffer.from(name)]);
  const [kind, make] = pick(THINGS, random);
  try {
    if (replaces) unlinkSync(path);
    make(path, canary.path, root);
  } catch {
    // It is there already, or what it was to lie in has moved.
    return '';
  }
  return `${directory}/${name.toString()}: ${kind}`;
}

/** The files of an individual. Without what defines an experiment, or who works in it, nothing could go on. */
function filesOf(root: string, directory: string): string[] {
  if (!/^(training|alive|dead|hall-of-fame)\/./.test(directory)) return [];
  try {
    const found = readdirSync(`${root}/${directory}`, { withFileTypes: true });
    return found.filter((one) => one.isFile()).map(({ name }) => name);
  } catch {
    // It has moved.
    return [];
  }
}

const THINGS: readonly (readonly [string, (path: Buffer, canary: string, root: string) => void])[] = [
  ['a link to a directory outside', (path, canary) => symlinkSync(canary, path)],
  ['a link to a directory outside', (path, canary) => symlinkSync(`${canary}/trash/w9-2`, path)],
  ['a link to a file outside', (path, canary) => symlinkSync(`${canary}/totals.json`, path)],
  ['a dangling link', (path, canary) => symlinkSync(`${canary}/made-by-a-worker`, path)],
  ['a link to itself', (path) => symlinkSync(path, path)],
  ['a link to the experiment', (path, _canary, root) => symlinkSync(root, path)],
  ['a pipe', (path) => void execFileSync('mkfifo', [path.toString()], { stdio: 'ignore' })],
  ['a directory', (path) => mkdirSync(path)],
  ['zeros', (path) => writeFileSync(path, Buffer.alloc(5000), { flag: 'wx' })],
  ['nothing', (path) => writeFileSync(path, '', { flag: 'wx' })],
  ['brackets', (path) => writeFileSync(path, '['.repeat(100_000), { flag: 'wx' })],
  ['another version', (path) => writeFileSync(path, '{"format":0}', { flag: 'wx' })],
  [
    '__proto__',
    (path) => writeFileSync(path, '{"format":1,"__proto__":{"id":"x"},"id":"w1-1"}', { flag: 'wx' }),
  ],
  [
    'gigabytes',
    (path) => {
      writeFileSync(path, '', { flag: 'wx' });
      truncateSync(path, 3e9);
    },
  ],
  ['a copy', (path, _canary, root) => copyFileSync(`${root}/experiment.json`, path, 1)],
];

const NAMES: readonly (string | Buffer)[] = [
  Buffer.from([0x66, 0xff, 0xfe]),
  'a\nb',
  '\u202egnp',
  '\u001b[2J',
  '__proto__',
  'constructor',
  '-rf',
  'W1-1~1~W1',
];

/** Names that are those of the protocol, so that it takes them for its own. */
function namesFor(directory: string, random: SeededRandom): string[] {
  const id = `w${1 + integer(random, 9)}-${integer(random, 99)}`;
  const worker = `w${1 + integer(random, 9)}`;
  const [top = '', second, third] = directory.split('/');
  const tenures = ['1', '2', '3'];
  if (top === 'training' || top === 'alive' || top === 'dead' || top === 'hall-of-fame') {
    const contents = [
      'weights.safetensors',
      'evaluation.json',
      'evaluation.json.new',
      'attempt.json',
      'curve.jsonl',
    ];
    if (third !== undefined)
      return [...contents, 'failure.json', 'handed-back', `checkpoint~1~9~${'0'.repeat(16)}.safetensors`];
    if (second !== undefined) return [...tenures, 'inherited.safetensors'];
    if (top === 'training') return [`${id}~1~${worker}`, `${id}~999999999~w77`, `${id}~999999998~w77`];
    return top === 'dead' ? [`${id}~1~${worker}`] : [`0.000000~${id}~1`, `0.900000~${id}~999999999`];
  }
  if (top === 'workers') {
    if (third !== undefined) return [id, `${id}~1`, `${id}~1~recorded`];
    return second === undefined
      ? [worker, 'w99']
      : ['totals.json.new', 'staging', 'trash', 'beat', 'worker.json'];
  }
  if (top === 'control') return ['000001', '000009', '999999'];
  if (top === 'history') return [`${worker}.jsonl`, 'zz.jsonl'];
  if (top === 'digests') return [`${worker}-1~1`, `${worker}~1`];
  if (top === 'logs') {
    if (second === undefined) return ['2017-03-03T000000-gone-1', 'workers'];
    return second === 'workers' ? [`${worker}.log`, `${worker}.1.log`] : ['slot-0.log'];
  }
  if (top === 'lost+found') return ['000001', '000099'];
  return ['lost+found', 'dead.lock', 'logs', 'digests', 'experiment.json.x.new'];
}

/** Those that are no link, three levels deep. */
function directoriesIn(root: string): string[] {
  const found = ['.'];
  for (let level: readonly string[] = ['.'], depth = 0; depth < 3; depth++) {
    level = level.flatMap((below) => {
      try {
        return readdirSync(join(root, below), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => join(below, name));
      } catch {
        return [];
      }
    });
    found.push(...level);
  }
  return found;
}

function pick<T>(items: readonly T[], random: SeededRandom): T {
  return items[integer(random, items.length)] as T;
}
