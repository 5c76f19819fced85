import { type JsonSchema, configurationJsonSchema } from './configuration-schema.js';
import { nearest } from './did-you-mean.js';
import { unitOf } from './units.js';

/** What to do about a field that is wrong: what follows the message about it; empty where there is nothing to say. */
export function advice(path: string, message: string): string {
  if (message === 'unknown field') return suggestion(path);
  if (path === 'data.file' && message.endsWith('needs it')) return '; give it with --data FILE';
  if (path === 'data.directory' && message.endsWith('needs it')) return '; give it with --data DIR';
  if (path === 'search.seed' && message.startsWith('expected string')) return '; put it in quotes';
  const unit = /^expected (number|int)/.test(message) ? unitOf(path) : undefined;
  return unit === undefined ? '' : `; ${unit.advice}`;
}

function suggestion(path: string): string {
  const keys = path.split('.');
  const wrong = keys.pop() ?? '';
  const known = fieldsOf(configurationJsonSchema());
  const beside = known.filter((field) => parentOf(field) === keys.join('.')).map(lastOf);
  const meant = nearest(wrong, beside);
  if (meant !== undefined) return `; did you mean ${meant}?`;
  const elsewhere = known.find((field) => lastOf(field).toLowerCase() === wrong.toLowerCase());
  if (elsewhere !== undefined) return `; did you mean ${elsewhere}?`;
  return `; known are ${beside.join(', ')}`;
}

/** The paths of all fields that a schema knows. */
function fieldsOf({ properties = {} }: JsonSchema, prefix = ''): string[] {
  return Object.entries(properties).flatMap(([key, inner]) => [
    prefix + key,
    ...fieldsOf(inner, `${prefix}${key}.`),
  ]);
}

function parentOf(field: string): string {
  return field.split('.').slice(0, -1).join('.');
}

function lastOf(field: string): string {
  return field.split('.').at(-1) ?? '';
}
