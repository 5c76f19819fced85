import { schemaProblems } from '@galapagos/dna';
import type { z } from 'zod';
import { advice } from './configuration-advice.js';
import { configurationSchema, isSeconds } from './configuration-fields.js';
import { type RawConfiguration, isObject } from './configuration-file.js';
import { parseDuration } from './duration.js';
import { UsageError } from './usage-error.js';

export type Configuration = z.infer<typeof configurationSchema>;

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

/** Durations as seconds, where a field is a number of seconds; what is no duration is left for the check. */
export function withSeconds(value: unknown, key = ''): unknown {
  if (typeof value === 'string' && isSeconds(key)) return parseDuration(value) ?? value;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withSeconds(inner, name)]));
}
