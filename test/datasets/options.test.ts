import { datasetOptionsSchema, loadDataset } from '@galapagos/datasets';
import type { DatasetOptions } from '@galapagos/datasets';
import { describe, expect, it } from 'vitest';
import { expectDatasetError } from './support.js';

describe('the options of a data set', () => {
  it('have defaults', () => {
    expect(datasetOptionsSchema.parse({ source: 'synthetic', synthetic: {} })).toEqual({
      source: 'synthetic',
      seed: 0,
      validation: 1000,
      meanPool: 1,
      synthetic: { height: 12, width: 12, channels: 1, classes: 4, examples: 4000, noise: 0.2 },
    });
  });

  it('have a JSON Schema with a description of each', () => {
    const schema = datasetOptionsSchema.toJSONSchema({ io: 'input' });
    expect(schema.required).toEqual(['source']);
    expect(schema.additionalProperties).toBe(false);
    for (const option of Object.values(schema.properties!)) expect(option).toHaveProperty('description');
  });

  it.each<[string, object, string[]]>([
    ['an unknown key', { source: 'mnist-embedded', trian: 5 }, ['trian']],
    ['an unknown source', { source: 'imagenet' }, ['source', 'cifar10']],
    ['an unknown key below', { source: 'synthetic', synthetic: { hight: 5 } }, ['hight', 'synthetic']],
    ['no directory', { source: 'cifar10' }, ['cifar10 needs it', 'directory']],
    ['a needless directory', { source: 'synthetic', directory: '.' }, ['synthetic reads no files']],
    ['a second test set', { source: 'mnist', directory: '.', test: 5 }, ['mnist has a test set of its own']],
    [
      'sizes of another source',
      { source: 'mnist-embedded', synthetic: {} },
      ['does not go with mnist-embedded'],
    ],
    ['a negative seed', { source: 'synthetic', seed: -1 }, ['seed']],
    ['half an image', { source: 'synthetic', validation: 0.5 }, ['validation']],
    ['no validation', { source: 'synthetic', validation: 0 }, ['validation']],
    ['no file', { source: 'packed' }, ['packed needs it', 'file']],
    [
      'a split of what is split',
      { source: 'packed', file: 'a', validation: 5 },
      ['does not go with packed', 'validation'],
    ],
    ['a file of another source', { source: 'synthetic', file: 'a' }, ['does not go with synthetic']],
    ['a factor that does not divide', { source: 'synthetic', meanPool: 5 }, ['5 does not divide', '12 x 12']],
  ])('are refused with %s', async (_, options, contained) => {
    await expectDatasetError(() => loadDataset(options as DatasetOptions), 'bad-options', ...contained);
  });
});
