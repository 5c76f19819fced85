import { z } from 'zod';
import { configurationSchema, isSeconds } from './configuration-fields.js';
import { DURATION_PATTERN } from './duration.js';

/** As much of a JSON Schema as that of a configuration uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly exclusiveMinimum?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** The published JSON Schema of a configuration file. */
export function configurationJsonSchema(): JsonSchema {
  return withDurations(z.toJSONSchema(configurationSchema, { io: 'input' }) as JsonSchema);
}

/** Lets every number of seconds be a duration too. */
function withDurations({ properties, ...schema }: JsonSchema): JsonSchema {
  if (properties === undefined) return schema;
  const fields = Object.entries(properties).map(([key, field]): [string, JsonSchema] => [
    key,
    isSeconds(key) ? orDuration(field) : withDurations(field),
  ]);
  const { type, ...rest } = schema;
  return { ...(type === undefined ? {} : { type }), properties: Object.fromEntries(fields), ...rest };
}

function orDuration({ type, exclusiveMinimum, anyOf, ...rest }: JsonSchema): JsonSchema {
  const number = { type: type ?? 'number', ...(exclusiveMinimum === undefined ? {} : { exclusiveMinimum }) };
  return { ...rest, anyOf: [...(anyOf ?? [number]), { type: 'string', pattern: DURATION_PATTERN }] };
}
