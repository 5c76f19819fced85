/**
 * A JSON Schema as a person reads it: one line for each field, with what it is and what it means.
 * @param schema As zod writes it, without references.
 * @param named Schemas that have a name of their own, and are not written out.
 */
export function describeShape(schema, named = new Map(), indent = '') {
  const name = named.get(JSON.stringify(bare(schema)));
  if (name !== undefined) return name;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const union = schema.anyOf ?? schema.oneOf;
  if (union !== undefined) return union.map((part) => describeShape(part, named, indent)).join(' | ');
  if (schema.prefixItems !== undefined)
    return `[${schema.prefixItems.map((item) => describeShape(item, named, indent)).join(', ')}]`;
  if (schema.type === 'array') return arrayOf(describeShape(schema.items ?? {}, named, indent));
  if (schema.type === 'object') return describeObject(schema, named, indent);
  return [schema.type ?? 'anything'].flat().join(' | ');
}

function describeObject({ properties, additionalProperties, required = [] }, named, indent) {
  if (properties === undefined) {
    const value = additionalProperties ? describeShape(additionalProperties, named, indent) : 'anything';
    return `{ [name]: ${value} }`;
  }
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([key, field]) => {
    const mark = required.includes(key) ? '' : '?';
    const text = describeShape(field, named, inner);
    return `${inner}${key}${mark}: ${text}${field.description === undefined ? '' : `  // ${field.description}`}`;
  });
  return ['{', ...lines, `${indent}}`].join('\n');
}

function arrayOf(text) {
  return text.includes(' | ') && !text.startsWith('{') ? `(${text})[]` : `${text}[]`;
}

/** Without what does not belong to the shape. */
export function bare(schema) {
  return { ...schema, $schema: undefined, description: undefined };
}
