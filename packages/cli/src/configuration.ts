import { schemaProblems } from '@galapagos/dna';
import type { z } from 'zod';
import { advice } from './configuration-advice.js';
import { configurationSchema } from './configuration-fields.js';
import { type RawConfiguration, isObject } from './configuration-file.js';
import { unitOf } from './units.js';
import { UsageError } from './usage-error.js';

export type Configuration = z.infer<typeof configurationSchema>;

/**
 * Checks a configuration and fills in its defaults. Fields that end in `seconds` may be durations: `90s`, `2h`.
 * @param source What the message of an error begins with.
 * @throws UsageError that names each wrong field, and for an unknown one the known that it resembles.
 */
export function resolveConfiguration(raw: RawConfiguration, source: string): Configuration {
  const parsed = configurationSchema.safeParse(withoutUnits(raw));
  if (parsed.success) return parsed.data;
  const lines = schemaProblems(parsed.error).map(
    ({ path, message }) => `  ${path}: ${message}${advice(path, message)}`,
  );
  throw new UsageError(`${source}: the configuration is wrong\n${lines.join('\n')}`);
}

/** Durations as seconds and sizes as bytes, where that is what a field counts; what is neither is left for the check. */
export function withoutUnits(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return unitOf(key)?.parse(value) ?? value;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutUnits(inner, name)]));
}
