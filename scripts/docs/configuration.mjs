/** What a description says last of the default. */
const DEFAULT = / Default:? ((?:[^.]|\.\d)+)\.?$/;

/** The reference of a configuration file: every field of its schema, around the annotated example. */
export function configurationPage({ configurationJsonSchema, presets }, example) {
  return [
    '# The configuration',
    '',
    '<!-- Made by scripts/docs.mjs out of packages/cli/src and docs/example.yaml. Do not edit. -->',
    '',
    'A file in YAML or JSON, for `galapagos init <dir> --config search.yaml`. An unknown field is an error. Every number of seconds may be written as a duration: `90s`, `30m`, `2h`, `1h30m`; every number of bytes as a size: `500MB`, `2TB`, `1GiB`; operations as `20PFLOP`. A path is relative to the file. The [JSON Schema](../packages/cli/configuration.schema.json) is made from the same definitions, so an editor can check the file as you type.',
    '',
    'What comes first wins: `--set search.populationSize=20` (as often as needed), flags, the environment, the file of `--config`, `--preset`, defaults. What came out of it is written into `experiment.json`, whole, and never changes: only `bounds` may, by `galapagos set`.',
    '',
    '## An example',
    '',
    'With every field ([example.yaml](example.yaml)); where a field has a default, that is what is shown, unless the comment says otherwise.',
    '',
    '```yaml',
    example.trimEnd(),
    '```',
    '',
    '## Every field',
    '',
    '| field | type | default | |',
    '|---|---|---|---|',
    ...fields(configurationJsonSchema()),
    '',
    '## Presets',
    '',
    '| `--preset` | |',
    '|---|---|',
    ...Object.entries(presets).map(([name, { about }]) => `| \`${name}\` | ${about} |`),
    '',
    'What each costs: [getting-started.md](getting-started.md#what-it-costs).',
    '',
  ].join('\n');
}

function fields({ properties = {}, required = [] }, prefix = '') {
  return Object.entries(properties).flatMap(([key, field]) => {
    const path = `${prefix}${key}`;
    if (field.properties !== undefined) return fields(field, `${path}.`);
    const description = (field.description ?? '').replace(DEFAULT, '').replaceAll('|', '\\|');
    return [`| \`${path}\` | ${type(field)} | ${preset(field, required.includes(key))} | ${description} |`];
  });
}

function type(field) {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${value}\``).join(', ');
  const kinds = (field.anyOf ?? [field]).map((kind) =>
    kind.pattern === undefined
      ? (kind.type ?? 'anything')
      : kind.pattern.endsWith('B$')
        ? 'size'
        : 'duration',
  );
  return `${[...new Set(kinds)].join(' or ')}${range(field.anyOf?.find(({ type }) => type !== 'null') ?? field)}`;
}

function range({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }) {
  const bounds = [
    ...(minimum === undefined ? [] : [`≥ ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`> ${exclusiveMinimum}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`≤ ${maximum}`]),
    ...(exclusiveMaximum === undefined || exclusiveMaximum === Number.MAX_SAFE_INTEGER
      ? []
      : [`< ${exclusiveMaximum}`]),
  ];
  return bounds.length === 0 ? '' : `, ${bounds.join(', ')}`;
}

function preset({ default: value, description = '' }, isRequired) {
  if (value !== undefined) return `\`${JSON.stringify(value)}\``;
  const [, told] = DEFAULT.exec(description) ?? [];
  return told ?? (isRequired ? 'required' : '');
}
