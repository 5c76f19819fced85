import { readFile } from 'node:fs/promises';
import { datasetOptionsSchema } from '@galapagos/datasets';
import { schemaProblems } from '@galapagos/dna';
import { boundsSchema, searchSchema } from '@galapagos/population';
import { trainingSchema } from '@galapagos/trainer';
import { distance } from 'fastest-levenshtein';
import { parse } from 'yaml';
import { z } from 'zod';
import { DURATION_PATTERN, parseDuration } from './duration.js';
import { UsageError } from './usage-error.js';

/** What a person writes to define a search, in YAML or JSON. The shape of an image follows from the data. */
export const configurationSchema = z
  .strictObject({
    search: searchSchema.omit({ image: true, seed: true }).extend({
      seed: z
        .string()
        .min(1)
        .optional()
        .describe('Everything random follows from it. Drawn, and written down, where it is not given.'),
    }),
    data: datasetOptionsSchema,
    training: trainingSchema,
    bounds: boundsSchema
      .omit({ leaseSeconds: true })
      .extend({
        leaseSeconds: boundsSchema.shape.leaseSeconds
          .unwrap()
          .optional()
          .describe(
            'A worker whose beat stood still for so long is taken for gone. Default: 10 on a disk of this machine, 60 on a network mount.',
          ),
      })
      .prefault({}),
  })
  .describe('A search of Galapagos.');
export type Configuration = z.infer<typeof configurationSchema>;

/** Configuration as it comes, before it is checked. */
export type RawConfiguration = Readonly<Record<string, unknown>>;

/** Reads a configuration file. @throws UsageError when it cannot be read or is not YAML. */
export async function readConfigurationFile(file: string): Promise<RawConfiguration> {
  let document: unknown;
  try {
    document = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (isObject(document)) return document;
  throw new UsageError(`${file}: a configuration is a mapping with search, data, training and bounds`);
}

/** Lays one configuration over another, field by field. */
export function merge(base: RawConfiguration, over: RawConfiguration): RawConfiguration {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isObject(value) && isObject(below) ? merge(below, value) : value;
  }
  return merged;
}

/** `search.populationSize=20` as a configuration; the value is YAML. @throws UsageError when it is not of that form. */
export function parseAssignment(assignment: string): RawConfiguration {
  const [, path = '', value = ''] = /^([a-zA-Z.]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === '') throw new UsageError(`--set ${assignment}: write it as search.populationSize=20`);
  const parsed: unknown = parse(value);
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), parsed) as RawConfiguration;
}

/**
 * Checks a configuration and fills in its defaults. Fields that end in `seconds` may be durations: `90s`, `2h`.
 * @param source What the message of an error begins with.
 * @throws UsageError that names each wrong field, and for an unknown one the known that it resembles.
 */
export function resolveConfiguration(raw: RawConfiguration, source: string): Configuration {
  const parsed = configurationSchema.safeParse(withSeconds(raw));
  if (parsed.success) return parsed.data;
  const lines = schemaProblems(parsed.error).map(
    ({ path, message }) => `  ${path}: ${message}${advice(path, message)}`,
  );
  throw new UsageError(`${source}: the configuration is wrong\n${lines.join('\n')}`);
}

/** The published JSON Schema of a configuration file. */
export function configurationJsonSchema(): object {
  return z.toJSONSchema(configurationSchema, {
    io: 'input',
    override: ({ jsonSchema, path }) => {
      if (!/seconds$/i.test(String(path.at(-1)))) return;
      const { type, description, default: preset, ...bounds } = jsonSchema;
      if (type !== 'number') return;
      for (const key of Object.keys(bounds)) delete (jsonSchema as Record<string, unknown>)[key];
      delete jsonSchema.type;
      jsonSchema.anyOf = [
        { type, ...bounds },
        { type: 'string', pattern: DURATION_PATTERN },
      ];
      Object.assign(
        jsonSchema,
        description === undefined ? {} : { description },
        preset === undefined ? {} : { default: preset },
      );
    },
  });
}

function withSeconds(value: unknown, key = ''): unknown {
  if (typeof value === 'string' && /seconds$/i.test(key)) return parseDuration(value) ?? value;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withSeconds(inner, name)]));
}

function advice(path: string, message: string): string {
  if (message === 'unknown field') return suggestion(path);
  if (path === 'data.directory') return '; give it with --data DIR';
  if (/seconds$/i.test(path)) return '; write seconds, or a duration as 90s, 30m or 2h';
  return '';
}

function suggestion(path: string): string {
  const keys = path.split('.');
  const wrong = keys.pop() ?? '';
  const known = keysAt(keys);
  const [nearest] = known.toSorted(
    (a, b) => distance(wrong.toLowerCase(), a.toLowerCase()) - distance(wrong.toLowerCase(), b.toLowerCase()),
  );
  if (
    nearest !== undefined &&
    distance(wrong.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, wrong.length / 2)
  ) {
    return `; did you mean ${nearest}?`;
  }
  return `; known are ${known.join(', ')}`;
}

/** The fields that the schema knows at a path. */
function keysAt(path: readonly string[]): string[] {
  let schema = z.toJSONSchema(configurationSchema, { io: 'input' }) as {
    properties?: Record<string, object>;
  };
  for (const key of path) schema = schema.properties?.[key] ?? {};
  return Object.keys(schema.properties ?? {});
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
