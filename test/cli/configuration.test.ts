import { readFileSync, writeFileSync } from 'node:fs';
import { configurationJsonSchema } from '@galapagos/cli';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { configurationSchema } from '../../packages/cli/src/configuration-fields.js';
import {
  type RawConfiguration,
  merge,
  readConfigurationFile,
} from '../../packages/cli/src/configuration-file.js';
import { resolveConfiguration } from '../../packages/cli/src/configuration.js';
import { ExitCode, exitCodes } from '../../packages/cli/src/exit-codes.js';
import { presetNames, presets } from '../../packages/cli/src/presets.js';

const read = (file: string) => readFileSync(new URL(`../../packages/cli/${file}`, import.meta.url), 'utf8');
const published = JSON.parse(read('configuration.schema.json')) as Record<string, unknown>;
const accepts = new Ajv2020({ strict: true, strictTypes: false }).compile(published);
const example = readFileSync(new URL('../../docs/example.yaml', import.meta.url), 'utf8');

/** A preset, with a place for its data where it needs one. */
function complete(name: (typeof presetNames)[number]): RawConfiguration {
  const { configuration } = presets[name];
  const { source } = configuration.data;
  if (source === 'mnist-embedded') return configuration;
  return merge(configuration, { data: source === 'packed' ? { file: '/a.gpack' } : { directory: '/data' } });
}

describe('the published JSON Schema', () => {
  it('is what the code says (else: npx tsc --build && node scripts/schemas.mjs)', () => {
    const { $id, title, ...rest } = published;
    expect({ $id, title }).toEqual({
      $id: 'urn:galapagos:configuration:1',
      title: 'Galapagos configuration',
    });
    expect(rest).toEqual(configurationJsonSchema());
  });

  it.each(presetNames)('accepts the preset %s, as the code does', (name) => {
    expect(accepts(complete(name)), JSON.stringify(accepts.errors)).toBe(true);
    expect(resolveConfiguration(complete(name), name).search.populationSize).toBeGreaterThan(1);
  });

  it.each<[string, object, boolean]>([
    ['an unknown field', { search: { population: 4 } }, false],
    ['an unknown section', { serch: {} }, false],
    ['a wrong type', { search: { populationSize: '4' } }, false],
    ['a missing field', { training: { steps: undefined } }, false],
    ['a negative time', { bounds: { leaseSeconds: -1 } }, false],
    ['no duration', { bounds: { leaseSeconds: 'soon' } }, false],
    ['a duration', { bounds: { leaseSeconds: '1m30s' }, training: { limits: { seconds: '2h' } } }, true],
    ['a duration that may be null', { bounds: { workerSeconds: '2h' } }, true],
    ['null where there is no bound', { bounds: { workerSeconds: null, individuals: null } }, true],
    ['null where there has to be one', { bounds: { leaseSeconds: null } }, false],
  ])('agrees with the code on %s', (_what, over, isRight) => {
    const configuration = JSON.parse(
      JSON.stringify(merge(presets.quickstart.configuration, over as RawConfiguration)),
    ) as RawConfiguration;
    expect(accepts(configuration)).toBe(isRight);
    if (isRight) expect(() => resolveConfiguration(configuration, 'test')).not.toThrow();
    else
      expect(() => resolveConfiguration(configuration, 'test')).toThrow('test: the configuration is wrong');
  });
});

describe('docs/example.yaml', () => {
  async function readExample(): Promise<RawConfiguration> {
    const file = `${temporaryDirectory()}/search.yaml`;
    writeFileSync(file, example);
    return await readConfigurationFile(file);
  }

  it('shows a configuration that is right, with every field', async () => {
    const configuration = await readExample();
    expect(accepts(configuration), JSON.stringify(accepts.errors)).toBe(true);
    expect(resolveConfiguration(configuration, 'example.yaml').training.limits.seconds).toBe(86_400);
    const shown = new Set(example.match(/\w+(?=:)/g));
    const fields = fieldsOf(configurationJsonSchema());
    expect(fields.length).toBeGreaterThan(30);
    expect(fields.filter((field) => !shown.has(field))).toEqual([]);
  });

  it('shows the defaults, where it does not say otherwise', async () => {
    const { search, data, training } = (await readExample()) as Record<string, object>;
    const required = {
      search: { populationSize: 40 },
      data: { source: 'mnist-embedded' },
      training: { steps: 1000 },
    };
    const resolved = configurationSchema.parse(required);
    expect({ ...search, seed: undefined }).toEqual({ ...resolved.search, seed: undefined });
    expect({ ...resolved.data, ...data, validation: 1000 }).toMatchObject({ seed: 0, meanPool: 1 });
    const { momentum, batchSize, checkpointSeconds, limits } = resolved.training;
    expect(training).toMatchObject({
      momentum,
      batchSize,
      checkpointSeconds,
      limits: { ...limits, seconds: '24h' },
    });
  });
});

describe('the table of exit codes', () => {
  it('has a row for each', () => {
    expect(exitCodes.flatMap(({ codes }) => codes)).toEqual(Object.values(ExitCode));
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

function fieldsOf({ properties = {} }: Schema): string[] {
  return Object.entries(properties).flatMap(([key, inner]) => [key, ...fieldsOf(inner)]);
}
