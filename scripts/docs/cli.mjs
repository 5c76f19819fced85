import { bare, describeShape } from './shape.mjs';

const AS_PRINTED = { io: 'output', unrepresentable: 'any' };

/** The reference of the command line, out of the table of verbs that the program runs. */
export async function cliPage({ allCommands, exitCodes }, { dnaSchema }) {
  const commands = await allCommands();
  const named = new Map([[JSON.stringify(bare(dnaSchema.toJSONSchema(AS_PRINTED))), 'DNA']]);
  return [
    '# The command line',
    '',
    '<!-- Made by scripts/docs.mjs out of packages/cli/src. Do not edit. -->',
    '',
    'The experiment’s directory is the first argument of every verb that has one; `GALAPAGOS_DIR` stands for it where it is left out. `best` may stand wherever an id may. stdout carries data, stderr everything else. In a clone the program is `npx galapagos`.',
    '',
    '| verb | what it does |',
    '|---|---|',
    ...commands.map(({ name, describe }) => `| [\`${name}\`](#${name.replaceAll(' ', '-')}) | ${describe} |`),
    '',
    ...commands.flatMap((command) => verb(command, named)),
    '## Exit codes',
    '',
    '| code | meaning | a launcher starts the worker again |',
    '|---|---|---|',
    ...exitCodes.map(({ codes, meaning, restarts }) => `| ${codes.join(', ')} | ${meaning} | ${restarts} |`),
    '',
  ].join('\n');
}

function verb({ name, describe, positionals, options, examples, output, isOutputPerLine }, named) {
  const words = Object.entries(positionals).map(([key, { demandOption, array }]) => {
    const word = array ? `${key} …` : key;
    return demandOption ? `<${word}>` : `[${word}]`;
  });
  return [
    `## ${name}`,
    '',
    `${describe}.`,
    '',
    '```sh',
    ['galapagos', name, ...words, ...(Object.keys(options).length > 0 ? ['[options]'] : [])].join(' '),
    ...examples.map(([example, what]) => `galapagos ${example}  # ${what}`),
    '```',
    '',
    ...rows('argument', Object.entries(positionals)),
    ...rows(
      'option',
      Object.entries(options).map(([key, option]) => [`--${key}`, option]),
    ),
    ...(output === undefined ? [] : shape(output, named, isOutputPerLine)),
  ];
}

function rows(what, entries) {
  if (entries.length === 0) return [];
  return [
    `| ${what} | | default |`,
    '|---|---|---|',
    ...entries.map(
      ([key, option]) => `| \`${key}\`${aliases(option)} | ${meaning(option)} | ${preset(option)} |`,
    ),
    '',
  ];
}

function aliases({ alias }) {
  return [alias ?? []]
    .flat()
    .map((word) => `, \`${word.length === 1 ? '-' : '--'}${word}\``)
    .join('');
}

function meaning({ describe, choices, array }) {
  const among =
    choices === undefined ? '' : `. One of ${choices.map((choice) => `\`${choice}\``).join(', ')}`;
  return cell(`${describe}${among}${array ? '. May be given more than once' : ''}`);
}

function preset({ default: value, defaultDescription, demandOption }) {
  if (demandOption) return 'required';
  if (defaultDescription !== undefined) return defaultDescription;
  if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) return '';
  return `\`${value}\``;
}

function shape(output, named, isOutputPerLine) {
  const schema = output.toJSONSchema(AS_PRINTED);
  const { description } = schema;
  return [
    `\`--json\` prints${isOutputPerLine ? ', on a line each' : ''}:${description === undefined ? '' : ` ${description}`}`,
    '',
    '```ts',
    describeShape(schema, named),
    '```',
    '',
  ];
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
