import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import type { Experiment } from '@galapagos/population';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flagsOf, galapagos } from './harness.js';
import { start } from './processes.js';

function experimentIn(root: string): Experiment {
  return JSON.parse(readFileSync(`${root}/experiment.json`, 'utf8')) as Experiment;
}

const quickstart = ['--preset', 'quickstart'];
const fresh = () => `${temporaryDirectory()}/a/run`;

describe('init', () => {
  it('makes an experiment from a preset, complete, and says what it will need', async () => {
    const root = fresh();
    const { code, out, err } = await galapagos(['init', root, '--preset', 'quickstart', '--seed', 'x']);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('a search on mnist-embedded, 14×14×1, 10 classes');
    expect(err).toContain('8000 examples for training, 1000 for validation, 1000 for test');
    expect(err).toMatch(
      /An individual of the first kind trains for .+s, 2\.0 MFLOP; one of six convolutions for .+, .+ GFLOP/,
    );
    expect(err).toMatch(
      /\(on one core of this machine, if nobody else uses it; .+FLOP\/s by (native|wasm), as just measured\)/,
    );
    expect(err).toMatch(
      /A search of 500 individuals with \d workers?: .+ if they stayed small, .+ if all had grown so\./,
    );
    expect(err).toMatch(
      /Disk: about .+B and \d+ inodes at the set point of 12, .+B if all had 50 M parameters; free are .+B/,
    );
    expect(err).toMatch(/Memory per worker: about .+B, at most .+B\./);
    expect(err).toMatch(/50 M parameters: the default\n +2\.1 GB of memory: as configured\n/);
    expect(err).toContain(`Next: npx galapagos launch ${root}`);
    expect(experimentIn(root)).toMatchObject({
      format: 1,
      search: { seed: 'x', populationSize: 12, mutationsPerReproduction: 5, firstLearningRate: 0.1 },
      data: { source: 'mnist-embedded', meanPool: 2 },
      training: { steps: 100, batchSize: 50, momentum: 0.9, limits: { seconds: 86_400 } },
      bounds: { individuals: null, leaseSeconds: 10, hallOfFame: 10 },
    });
  });

  it('leaves alone what there is already, where that is asked for', async () => {
    const root = fresh();
    const words = ['init', root, ...flagsOf({ 'search.seed': 'mine' })];
    expect((await galapagos([...words, '--if-missing'])).code).toBe(0);
    const before = readFileSync(`${root}/experiment.json`, 'utf8');
    const other = ['init', root, ...flagsOf({ 'search.seed': 'other' })];
    expect((await galapagos(other)).code).toBe(2);
    const { code, err } = await galapagos([...other, '--if-missing']);
    expect({ code, err }).toEqual({ code: 0, err: `${root}: there is a search already; it stays as it is` });
    expect(readFileSync(`${root}/experiment.json`, 'utf8')).toBe(before);
  });

  it('is made once, by whoever is first, where many are asked to make it', async () => {
    const root = fresh();
    const made = Array.from({ length: 4 }, () =>
      start(['init', root, '--if-missing', ...flagsOf()], { timeoutMs: 60_000 }),
    );
    const ends = await Promise.all(made.map(({ finished }) => finished));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(ends.filter(({ stderr }) => stderr.includes('Next: npx galapagos launch'))).toHaveLength(1);
  });

  it('draws a seed where none is given, and writes it down', async () => {
    const [one, other] = [fresh(), fresh()];
    for (const root of [one, other]) expect((await galapagos(['init', root, ...quickstart])).code).toBe(0);
    expect(experimentIn(one).search.seed).toMatch(/^[0-9a-f]{12}$/);
    expect(experimentIn(one).search.seed).not.toBe(experimentIn(other).search.seed);
  });

  it('lays the file over the preset, the environment over the file, flags over the environment, --set over all', async () => {
    const file = `${temporaryDirectory()}/search.yaml`;
    writeFileSync(
      file,
      'search: { seed: file, populationSize: 30 }\ntraining: { checkpointSeconds: 1m30s }\n',
    );
    const made = async (rest: readonly string[], environment: NodeJS.ProcessEnv = {}) => {
      const root = fresh();
      await galapagos(['init', root, ...quickstart, '--config', file, ...rest], { environment });
      return experimentIn(root);
    };
    const environment = { GALAPAGOS_SEED: 'environment' };
    expect(await made([])).toMatchObject({
      search: { seed: 'file', populationSize: 30, mutationsPerReproduction: 5 },
      training: { steps: 100, checkpointSeconds: 90 },
    });
    expect((await made([], environment)).search.seed).toBe('environment');
    expect((await made(['--seed', 'flag'], environment)).search.seed).toBe('flag');
    expect((await made(['--seed=flag', '--set', 'search.seed=set'], environment)).search.seed).toBe('set');
  });

  it('takes --data for a directory, or for the file of one’s own images', async () => {
    const refused = async (...argv: string[]) => (await galapagos(['init', fresh(), ...argv])).err;
    expect(await refused('--preset', 'images', '--data', 'pets.gpack')).toContain('pets.gpack');
    expect(await refused('--preset', 'images')).toContain(
      'data.file: packed needs it; give it with --data FILE',
    );
    expect(await refused('--preset', 'mnist', '--data', 'none/here')).toContain('none/here/train-images');
    const other = ['--set', 'data.source=mnist', '--data', 'none/here'];
    expect(await refused('--preset', 'images', ...other)).toContain('none/here/train-images');
  });

  it('says what the filesystem is like, and how long a worker may be silent there', async () => {
    const root = fresh();
    const { err } = await galapagos(['init', root, ...quickstart]);
    expect(err).toMatch(
      /The filesystem is fit.*; a worker that is silent for 10 s is taken for gone \(bounds\.leaseSeconds\)\./,
    );
    expect(err).not.toContain('other things');
    const short = await galapagos(['init', fresh(), ...quickstart, '--set', 'bounds.leaseSeconds=2']);
    expect(short.err).toMatch(
      /This filesystem asks for \d+ s: one that only hesitates would be taken for gone/,
    );
  });

  it('says what lies beside it, and refuses the root of a disk', async () => {
    const root = temporaryDirectory();
    writeFileSync(`${root}/search.yaml`, '');
    const { code, err } = await galapagos(['init', root, ...quickstart]);
    expect(code).toBe(0);
    expect(err).toContain('The directory held other things before (search.yaml), which stay as they are.');
    const disk = temporaryDirectory();
    mkdirSync(`${disk}/lost+found`);
    expect(await galapagos(['init', disk, ...quickstart])).toMatchObject({
      code: 2,
      err: expect.stringContaining(`take a directory of its own on it, as ${disk}/run`) as string,
    });
    expect(readdirSync(disk)).toEqual(['lost+found']);
  });

  it.each([
    ['bounds.maxInodes=107', '108 inodes'],
    ['bounds.maxBytes=300kB', '344 kB'],
  ])('refuses %s, under which the population would never be at its set point', async (bound, least) => {
    const refused = await galapagos(['init', fresh(), ...quickstart, '--set', bound]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(`a population of 12 takes ${least} at the very least`);
  });

  it('says where a bound of the disk will stop births', async () => {
    const { code, err } = await galapagos(['init', fresh(), ...quickstart, '--set', 'bounds.maxInodes=200']);
    expect(code).toBe(0);
    expect(err).toContain('More than bounds.maxBytes or bounds.maxInodes: births will stop there.');
  });

  it('takes JSON, and several --set before the directory', async () => {
    const root = fresh();
    const { code } = await galapagos(['init', ...flagsOf({ 'bounds.leaseSeconds': '2m' }), root]);
    expect(code).toBe(0);
    expect(experimentIn(root).bounds.leaseSeconds).toBe(120);
    const file = `${temporaryDirectory()}/search.json`;
    writeFileSync(file, JSON.stringify({ search: { mutationsPerReproduction: 2 } }));
    const other = fresh();
    await galapagos(['init', other, '--config', file, ...flagsOf()]);
    expect(experimentIn(other).search).toMatchObject({ mutationsPerReproduction: 2, populationSize: 8 });
  });
});
