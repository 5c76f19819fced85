import yargs from 'yargs';
import { type Command, commandOf } from './command.js';
import { commandsFor } from './commands.js';
import { COMPLETE_FLAG, complete } from './completion.js';
import { nearest } from './did-you-mean.js';
import { directoryOf, placed, sourcesOf, withFlagsOf } from './environment.js';
import { ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';
import { version } from './version.js';
import { visibly } from './visible.js';

const HELP_COLUMNS = 100;

/**
 * Runs one command line.
 * @param argv Without the program's own name.
 * @returns The exit code; what went wrong was said on the terminal.
 */
export async function main(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  given: Terminal,
): Promise<number> {
  const terminal = visibly(given);
  const commands = await commandsFor(argv);
  if (argv[0] === COMPLETE_FLAG) {
    for (const word of await complete(commands, argv.slice(1), environment)) terminal.out(word);
    return ExitCode.done;
  }
  let exitCode: number = ExitCode.done;
  const words = argv.filter((word) => !word.startsWith('-'));
  const asked = commandOf(commands, words);
  const directory = directoryOf(environment);
  const execute = async (command: Command, args: Readonly<Record<string, unknown>>) => {
    refuseRepetition(command, args);
    exitCode = await command.run(placed(command, args, directory) as never, terminal);
  };
  try {
    const parser = addCommands(
      commands,
      directory !== undefined,
      execute,
      basicParser(asked, Math.min(HELP_COLUMNS, terminal.columns ?? HELP_COLUMNS)),
    );
    await parser.parseAsync(withFlagsOf(environment, argv, asked), {}, (_error, _argv, output) => {
      if (output !== '') terminal.out(output);
    });
    return exitCode;
  } catch (error) {
    // It knows the errors of all packages, which most commands do without: they start a fifth sooner.
    const { exitCodeOf, messageOf } = await import('./failures.js');
    const message = messageOf(error);
    terminal.err(`galapagos: ${message}${sourcesOf(message, environment, argv, asked)}`);
    return exitCodeOf(error);
  }
}

function basicParser(asked: Command | undefined, columns: number) {
  const help = asked === undefined ? 'galapagos --help' : `galapagos ${asked.name} --help`;
  return (
    yargs()
      .scriptName('galapagos')
      .usage('$0 <command>\n\nEvolves image classifiers: many workers, one shared directory, no server.')
      // A directory may be called 007, and `--set a=1 --set b=2 DIR` has one directory.
      .parserConfiguration({ 'parse-positional-numbers': false, 'greedy-arrays': false })
      // The messages below are told apart by their English text.
      .locale('en')
      .version(version)
      .help()
      .alias('h', 'help')
      .demandCommand(1, 'Say what to do: galapagos --help lists the commands.')
      .recommendCommands()
      .strict()
      .exitProcess(false)
      .wrap(columns)
      .fail((message, error: Error | undefined) => {
        // An error of yargs' own is about the command line too.
        if (error !== undefined && error.name !== 'YError') throw error;
        throw new UsageError(`${plainer(message ?? error?.message, asked)}\nSee: ${help}`);
      })
  );
}

/** yargs counts arguments, and lists what it does not know, where a person wants to know what to write. */
function plainer(message: string, asked: Command | undefined): string {
  const [, unknown] = /^Unknown arguments?: ([^,]+)/.exec(message) ?? [];
  if (asked === undefined) return unknown === undefined ? message : `galapagos has no verb '${unknown}'`;
  if (message.startsWith('Not enough non-option arguments')) {
    return `an argument is missing: galapagos ${asked.name} ${Object.keys(asked.positionals)
      .map((key) => `<${key}>`)
      .join(' ')}`;
  }
  const meant = unknown === undefined ? undefined : nearest(unknown, Object.keys(asked.options));
  return meant === undefined ? message : `${message}; did you mean --${meant}?`;
}

function refuseRepetition({ options }: Command, args: Readonly<Record<string, unknown>>): void {
  for (const [name, { array }] of Object.entries(options)) {
    if (array !== true && Array.isArray(args[name])) {
      throw new UsageError(`--${name} is given more than once`);
    }
  }
}

/** Verbs of two words are those of a group, which is named by the first. */
const GROUPS: Readonly<Record<string, string>> = { data: 'Your own images: import, show' };

function addCommands(
  all: readonly Command[],
  hasDirectory: boolean,
  execute: Parameters<typeof addCommand>[4],
  parser: ReturnType<typeof basicParser>,
): ReturnType<typeof basicParser> {
  const groups = new Set<string>();
  return all.reduce((sofar, command) => {
    const [group = '', word] = command.name.split(' ');
    if (word === undefined) return addCommand(sofar, command, group, hasDirectory, execute);
    if (groups.has(group)) return sofar;
    groups.add(group);
    const members = all.filter(({ name }) => name.startsWith(`${group} `));
    return sofar.command(group, GROUPS[group] ?? '', (sub) =>
      members
        .reduce(
          (one, member) =>
            addCommand(one, member, member.name.slice(group.length + 1), hasDirectory, execute),
          sub,
        )
        .demandCommand(1, `Say what to do: galapagos ${group} --help lists it.`),
    );
  }, parser);
}

function addCommand(
  parser: ReturnType<typeof basicParser>,
  command: Command,
  word: string,
  hasDirectory: boolean,
  execute: (command: Command, args: Readonly<Record<string, unknown>>) => Promise<unknown>,
): ReturnType<typeof basicParser> {
  const isDemanded = (key: string) =>
    !(hasDirectory && 'dir' in command.positionals) && command.positionals[key]?.demandOption === true;
  const words = Object.keys(command.positionals).map((key) => {
    const word = command.positionals[key]?.array === true ? `${key}..` : key;
    return isDemanded(key) ? `<${word}>` : `[${word}]`;
  });
  return parser.command(
    [word, ...words].join(' '),
    command.describe,
    (sub) => {
      for (const [key, { default: preset, ...positional }] of Object.entries(command.positionals)) {
        // Where the environment names an experiment, what was left out is known only when all words are counted.
        sub.positional(key, {
          ...positional,
          demandOption: isDemanded(key),
          ...(hasDirectory || preset === undefined ? {} : { default: preset as string }),
        });
      }
      for (const [key, option] of Object.entries(command.options)) sub.option(key, option);
      for (const [example, what] of command.examples) sub.example(`$0 ${example}`, what);
      return sub;
    },
    async (args) => {
      await execute(command, args);
    },
  );
}
