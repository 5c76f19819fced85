import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flagsOf, galapagos } from './harness.js';

let folder: string;
let root: string;

beforeEach(() => {
  folder = temporaryDirectory();
  root = `${folder}/run`;
});

/** What `init` says of a configuration file. */
async function initWith(text: string): Promise<{ code: number; err: string }> {
  const file = `${folder}/search.yaml`;
  writeFileSync(file, text);
  const { code, err } = await galapagos(['init', root, '--config', file]);
  return { code, err: err.replaceAll(file, 'search.yaml') };
}

const complete = `
search: { populationSize: 8 }
data: { source: synthetic }
training: { steps: 4 }
`;

describe('a wrong configuration', () => {
  it.each([
    [
      'an unknown field',
      `${complete}bounds: { leaseSecnds: 5 }`,
      'bounds.leaseSecnds: unknown field; did you mean leaseSeconds?',
    ],
    ['an unknown section', `${complete}serch: {}`, 'serch: unknown field; did you mean search?'],
    [
      'the beginning of a field',
      'search: { population: 8 }',
      'search.population: unknown field; did you mean populationSize?',
    ],
    [
      'a field of another section',
      'search: { steps: 8 }',
      'search.steps: unknown field; did you mean training.steps?',
    ],
    [
      'a field like no other',
      'search: { colour: red }',
      'search.colour: unknown field; known are populationSize, mutationsPerReproduction,',
    ],
    ['__proto__', `${complete}__proto__: { x: 1 }`, '__proto__: unknown field'],
    [
      'a wrong type',
      'search: { populationSize: many }',
      'search.populationSize: expected number, received string',
    ],
    [
      'a number as a seed',
      'search: { seed: 42 }',
      'search.seed: expected string, received number; put it in quotes',
    ],
    ['a missing field', 'search: {}', 'search.populationSize: missing, expected number'],
    ['a missing section', 'search: { populationSize: 8 }', 'training: missing, expected object'],
    [
      'a bad duration',
      'training: { steps: 4, checkpointSeconds: soon }',
      'training.checkpointSeconds: expected number, received string; write seconds, or a duration as 90s, 30m or 2h',
    ],
    [
      'a negative number',
      'bounds: { individuals: -4 }',
      'bounds.individuals: Too small: expected number to be >0',
    ],
    [
      'data that is not said where',
      'data: { source: cifar10 }',
      'data.directory: cifar10 needs it; give it with --data DIR',
    ],
    [
      'images of one’s own that are not said where',
      'data: { source: packed }',
      'data.file: packed needs it; give it with --data FILE',
    ],
    [
      'a directory for data that needs none',
      'data: { source: synthetic, directory: here }',
      'data.directory: synthetic reads no files\n',
    ],
  ])('names %s', async (_what, text, message) => {
    const { code, err } = await initWith(text);
    expect(err).toContain('galapagos: search.yaml: the configuration is wrong\n');
    expect(`${err}\n`).toContain(`  ${message}`);
    expect(code).toBe(2);
    expect(existsSync(root)).toBe(false);
  });

  it.each([
    [
      'limits: { parameters: 4 }',
      'even the first individual has 8 parameters, more than the limit of 4 (training.limits.parameters)',
    ],
    ['padCrop: 12', 'training.padCrop: 12 pixels would leave nothing of an image of 12; 1 is usual'],
    [
      'batchSize: 4000',
      'training.batchSize: a step of 4000 examples, and there are 2000 for training; lower it, or take fewer for validation',
    ],
  ])('refuses a search in which nobody could be trained: %s', async (training, message) => {
    const { code, err } = await initWith(complete.replace('steps: 4', `steps: 4, ${training}`));
    expect(err).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(root)).toBe(false);
  });

  it('refuses a directory without a name, as that of a variable that is not set', async () => {
    const { code, err } = await galapagos(['init', '', '--preset', 'quickstart']);
    expect({ code, err }).toEqual({
      code: 2,
      err: 'galapagos: the directory of the experiment is empty: is a variable not set?',
    });
  });

  it('names every wrong field at once', async () => {
    const { err } = await initWith('search: { populationSize: 1, seed: "" }\ndata: {}\ntraining: {}');
    expect(err.split('\n')).toHaveLength(5);
  });

  it('says line and column of what is not YAML', async () => {
    const { code, err } = await initWith('search:\n  populationSize: [8\n');
    expect(code).toBe(2);
    expect(err).toMatch(/search\.yaml: .+ at line 3, column 1:/);
  });

  it.each([
    ['', 'a configuration is a mapping'],
    ['- a\n- b\n', 'a configuration is a mapping'],
    ['search: *nobody', 'Unresolved alias'],
  ])('refuses %j', async (text, message) => {
    const { code, err } = await initWith(text);
    expect(code).toBe(2);
    expect(err).toContain(`galapagos: search.yaml: ${message}`);
  });

  it('refuses a file that is not there', async () => {
    const { code, err } = await galapagos(['init', root, '--config', `${folder}/none.yaml`]);
    expect(code).toBe(2);
    expect(err).toContain(`${folder}/none.yaml: cannot be read: ENOENT`);
  });

  it.each([
    ['search.populationSize', 'write it as search.populationSize=20'],
    ['.search=4', 'write it as search.populationSize=20'],
    ['search..seed=4', 'write it as search.populationSize=20'],
    ['search.populationSize=[', 'Flow sequence'],
  ])('refuses --set %s', async (assignment, message) => {
    const { code, err } = await galapagos(['init', root, '--set', assignment]);
    expect(code).toBe(2);
    expect(err).toContain(`galapagos: --set ${assignment}: ${message}`);
  });
});

describe('data that is not what it should be', () => {
  const cifar = ['--preset', 'cifar10-small', '--data'];

  it('says which file is missing, and where to get it', async () => {
    const { code, err } = await galapagos(['init', root, ...cifar, folder]);
    expect(code).toBe(2);
    expect(err).toContain(`${folder}/data_batch_1.bin: expected this file`);
    expect(err).toContain('CIFAR-10 is published at');
  });

  it('says that a file is cut short', async () => {
    mkdirSync(`${folder}/cifar-10-batches-bin`);
    writeFileSync(`${folder}/cifar-10-batches-bin/data_batch_1.bin`, Buffer.alloc(3073 * 4 - 1));
    const { code, err } = await galapagos(['init', root, ...cifar, folder]);
    expect(code).toBe(2);
    expect(err).toContain('data_batch_1.bin: expected a multiple of 3073 bytes');
    expect(err).toContain('found 12291 bytes');
    expect(existsSync(root)).toBe(false);
  });

  it('says that there are too few examples', async () => {
    const { code, err } = await galapagos(['init', root, ...flagsOf({ 'data.validation': '1000' })]);
    expect(code).toBe(2);
    expect(err).toMatch(/^galapagos: .*1000.*validation/);
  });
});
