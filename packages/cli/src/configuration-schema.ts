import { z } from 'zod';
import { configurationSchema } from './configuration-fields.js';
import { type Unit, unitOf } from './units.js';

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
  return withUnits(z.toJSONSchema(configurationSchema, { io: 'input' }) as JsonSchema);
}

/** Lets every number of seconds be a duration too, and every number of bytes a size. */
function withUnits({ properties, ...schema }: JsonSchema): JsonSchema {
  if (properties === undefined) return schema;
  const fields = Object.entries(properties).map(([key, field]): [string, JsonSchema] => {
    const unit = unitOf(key);
    return [key, unit === undefined ? withUnits(field) : orWritten(field, unit)];
  });
  const { type, ...rest } = schema;
  return { ...(type === undefined ? {} : { type }), properties: Object.fromEntries(fields), ...rest };
}

function orWritten({ type, exclusiveMinimum, anyOf, ...rest }: JsonSchema, { pattern }: Unit): JsonSchema {
  const number = { type: type ?? 'number', ...(exclusiveMinimum === undefined ? {} : { exclusiveMinimum }) };
  return { ...rest, anyOf: [...(anyOf ?? [number]), { type: 'string', pattern }] };
}
