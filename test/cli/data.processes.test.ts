import { existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { dataShowCommand } from '../../packages/cli/src/commands/data-show.js';
import { npy, writeFolder } from '../datasets/images.js';
import { eventually } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { galapagos } from './harness.js';
import { start } from './processes.js';

let directory: string;
let source: string;
let pack: string;
const run = (...argv: string[]) => galapagos(['data', ...argv]);
const small = [
  '--set',
  'training.steps=2',
  '--set',
  'search.populationSize=4',
  '--set',
  'training.batchSize=4',
];

beforeEach(async () => {
  directory = temporaryDirectory();
  [source, pack] = [`${directory}/shades`, `${directory}/shades.gpack`];
  await writeFolder(source, ['dark', 'light'], 10, 8);
});

describe('data import', () => {
  it('says what it has made, and what is next', async () => {
    const { code, out, err } = await run('import', source, pack, '--test', '2', '--validation', '25%');
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain(`${pack}: shades, 8×8×3, 2 classes`);
    expect(err).toContain('13 examples for training, 5 for validation (drawn), 2 for test (drawn); seed 0');
    expect(err).toMatch(/mean [\d., ]+, deviation [\d., ]+ of the training images/);
    expect(err).toMatch(/SHA-256 [0-9a-f]{64}/);
    expect(err).toContain(`Next:       npx galapagos init runs/shades --data ${pack}`);
  });

  it('replaces nothing without --force', async () => {
    writeFileSync(pack, 'mine');
    expect(await run('import', source, pack)).toMatchObject({
      code: 2,
      err: `galapagos: ${pack}: is there already; --force replaces it`,
    });
    expect(readFileSync(pack, 'utf8')).toBe('mine');
    expect((await run('import', source, pack, '--force')).code).toBe(0);
  });

  it.each<[string[], string]>([
    [['--size', '0'], '--size 0: write 32, or height x width as 32x48'],
    [['--size', '32x'], '--size 32x: write'],
    [['--test', '0'], '--test 0: write a number of images, or a share as 10%'],
    [['--validation', '100%'], '--validation 100%: write'],
    [['--seed', '0.5'], '--seed: a whole number'],
    [['--gray', '--channels', '3'], 'contradict'],
    [['--kind', 'zip'], 'kind'],
    [['--tests', '5'], 'did you mean --test?'],
    [['--labels', 'y.npy'], '--labels does not go with folder'],
  ])('refuses %s', async (options, message) => {
    const { code, err } = await run('import', source, pack, ...options);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) as string });
    expect(readdirSync(directory)).toEqual(['shades']);
  });

  it('refuses an impossible place for the file', async () => {
    expect((await run('import', source, `${directory}/no/a.gpack`)).err).toContain('there is no folder');
    expect((await run('import', source, directory)).err).toContain('is a folder; say which file');
  });

  it('goes on without broken images when it is told to, and names them', async () => {
    writeFileSync(`${source}/dark/broken.png`, 'no image');
    const { code, err } = await run('import', source, pack);
    expect(code).toBe(2);
    expect(err).toContain(`1 of 21 images cannot be decoded:\n  ${source}/dark/broken.png: `);
    const going = await run('import', source, pack, '--skip-broken');
    expect(going.code).toBe(0);
    expect(going.err).toContain('1 image cannot be decoded, and was passed over:');
  });
});

describe('data import that is told to end', () => {
  // Large enough to be caught at it; of nothing but zeros.
  const count = 4000;
  let x: string;

  beforeEach(() => {
    x = `${directory}/x.npy`;
    writeFileSync(x, npy('|u1', [count, 64, 64, 3], new Uint8Array(0)));
    truncateSync(x, statSync(x).size + count * 64 * 64 * 3);
    const labels = Uint8Array.from({ length: count }, (_, at) => at % 2);
    writeFileSync(`${directory}/y.npy`, npy('|u1', [count], labels));
  });

  it.each<[string, NodeJS.Signals, string, number]>([
    ['by Ctrl-C while it writes', 'SIGINT', '.packing-', 130],
    ['by a terminal that is closed', 'SIGHUP', '.importing-', 143],
  ])('%s leaves nothing behind', async (_, signal, folder, code) => {
    const importing = start(['data', 'import', x, pack, '--labels', `${directory}/y.npy`]);
    const isAtIt = () => readdirSync(directory).some((name) => name.startsWith(folder));
    await eventually(isAtIt, 20_000, 1);
    process.kill(importing.pid, signal);
    const { code: found, stderr } = await importing.finished;
    expect({ code: found, stderr }).toMatchObject({
      code,
      stderr: expect.stringContaining('ended; nothing was left behind') as string,
    });
    expect(readdirSync(directory).sort()).toEqual(['shades', 'x.npy', 'y.npy']);
  });
});

describe('data show', () => {
  beforeEach(async () => {
    await run('import', source, pack);
  });

  it('counts the classes of each part, as a table and as JSON', async () => {
    const { out } = await run('show', pack);
    expect(out).toContain(`shades, 8×8×3, 2 classes, in ${pack}`);
    expect(out).toMatch(/class +train +validation +test\ndark +\d+ .*\nlight .*\nall +16 +2 +2$/);
    const json: unknown = JSON.parse((await run('show', pack, '--json')).out);
    expect(dataShowCommand.output?.safeParse(json).error).toBeUndefined();
    expect(json).toMatchObject({ name: 'shades', counts: { train: 16, validation: 2, test: 2 } });
  });

  it('draws a sheet: a row for each class, its samples enlarged', async () => {
    const sheet = `${directory}/sheet.png`;
    expect((await run('show', pack, '--sheet', sheet)).err).toBe(`drawn: ${sheet}`);
    const { data, info } = await sharp(sheet).raw().toBuffer({ resolveWithObject: true });
    // Two rows of 64 pixels; no shade of the first class is in the second row.
    expect(info.height).toBe(16 + 28 + 2 * 68 + 16);
    const shadesOf = (row: number) => {
      const y = 16 + 28 + row * 68 + 32;
      const line = data.subarray(y * info.width * info.channels, (y + 1) * info.width * info.channels);
      return new Set([...line.subarray(line.length / 2)].filter((value) => value < 60));
    };
    const [dark, light] = [shadesOf(0), shadesOf(1)];
    expect(Math.max(...dark)).toBeLessThan(10);
    expect(Math.min(...light)).toBeGreaterThanOrEqual(20);
    expect(light.size).toBeGreaterThan(1);
    expect(readdirSync(directory).sort()).toEqual(['shades', 'shades.gpack', 'sheet.png']);
  });

  it('draws what training sees of an experiment', async () => {
    const root = `${directory}/run`;
    expect(
      (await galapagos(['init', root, '--data', pack, ...small, '--set', 'training.flip=true'])).err,
    ).toContain('shades');
    const sheet = `${directory}/seen.png`;
    const { code } = await run('show', root, '--sheet', sheet, '--augmented');
    expect({ code, isThere: existsSync(sheet) }).toEqual({ code: 0, isThere: true });
    expect((await run('show', pack, '--sheet', sheet, '--augmented')).err).toContain('needs an experiment');
    expect((await run('show', root, '--augmented')).err).toContain('add --sheet');
  });

  it('says what is wrong', async () => {
    expect((await run('show', `${directory}/nix`)).err).toContain('no such file or directory');
    expect((await run('show', source)).err).toContain(`galapagos data import ${source} data.gpack`);
    writeFileSync(pack, readFileSync(pack).subarray(0, -1));
    expect(await run('show', pack)).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected') as string,
    });
  });
});

describe('init --data with a packed file', () => {
  it('needs nothing else, and remembers where it is', async () => {
    await run('import', source, pack);
    const root = `${directory}/run`;
    expect(await galapagos(['init', root, '--data', pack, ...small])).toMatchObject({ code: 0 });
    const experiment: unknown = JSON.parse(readFileSync(`${root}/experiment.json`, 'utf8'));
    expect(experiment).toMatchObject({
      data: { source: 'packed', file: pack },
      classes: ['dark', 'light'],
      training: { padCrop: 0, flip: false },
    });
  });

  it('refuses what does not go together', async () => {
    await run('import', source, pack);
    const refused = async (...argv: string[]) => (await galapagos(['init', `${directory}/run`, ...argv])).err;
    expect(await refused('--preset', 'cifar10-small', '--data', pack)).toContain('take --preset images');
    expect(await refused('--data', source)).toContain(`galapagos data import ${source} data.gpack`);
    expect(await refused('--data', `${directory}/nix`)).toContain('no such file or folder');
    expect(await refused('--data', pack, '--set', 'data.validation=5')).toContain(
      'data.validation: does not go with packed',
    );
  });
});

it('data alone says what there is', async () => {
  expect((await galapagos(['data'])).err).toContain('galapagos data --help');
  const { out } = await galapagos(['data', '--help']);
  expect(out).toContain('data import <source> <out>');
  expect(out).toContain('data show <what>');
});
