import { existsSync } from 'node:fs';
import yargs from 'yargs';
import type { Command } from './command.js';
import { bestCommand } from './commands/best.js';
import { fsckCommand } from './commands/fsck.js';
import { initCommand } from './commands/init.js';
import { launchCommand } from './commands/launch.js';
import { quickstartCommand } from './commands/quickstart.js';
import { showCommand } from './commands/show.js';
import { statusCommand } from './commands/status.js';
import { stopCommand } from './commands/stop.js';
import { workerCommand } from './commands/worker.js';
import { ExitCode, exitCodeOf, isExpected } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';
import { version } from './version.js';

export const commands: readonly Command[] = [
  quickstartCommand,
  initCommand,
  launchCommand,
  workerCommand,
  statusCommand,
  bestCommand,
  showCommand,
  stopCommand,
  fsckCommand,
];

/**
 * Runs one command line.
 * @param argv Without the program's own name.
 * @returns The exit code; what went wrong was said on the terminal.
 */
export async function main(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<number> {
  let exitCode: number = ExitCode.done;
  try {
    const parser = commands.reduce(
      (sofar, command) => addCommand(sofar, command, async (run) => (exitCode = await run(terminal))),
      basicParser(),
    );
    await parser.parseAsync(withDirectory(argv, environment), {}, (_error, _argv, output) => {
      if (output !== '') terminal.out(output);
    });
    return exitCode;
  } catch (error) {
    terminal.err(`galapagos: ${describe(error)}`);
    return exitCodeOf(error);
  }
}

function basicParser() {
  return yargs()
    .scriptName('galapagos')
    .usage('$0 <command>\n\nEvolves image classifiers: many workers, one shared directory, no server.')
    .version(version)
    .help()
    .alias('h', 'help')
    .demandCommand(1, 'Say what to do: galapagos --help lists the commands.')
    .recommendCommands()
    .strict()
    .exitProcess(false)
    .wrap(100)
    .fail((message, error: Error | undefined) => {
      throw error ?? new UsageError(`${plainer(message)}\nSee: galapagos --help`);
    });
}

/** yargs counts arguments where a person wants to know which one is missing. */
function plainer(message: string): string {
  return message.startsWith('Not enough non-option arguments')
    ? 'an argument is missing: the directory of the experiment comes first, then what the verb needs'
    : message;
}

function addCommand(
  parser: ReturnType<typeof basicParser>,
  { name, describe: text, positionals, options, examples, run }: Command,
  execute: (run: (terminal: Terminal) => Promise<number>) => Promise<unknown>,
): ReturnType<typeof basicParser> {
  const usage = [
    name,
    ...Object.entries(positionals).map(([key, { demandOption }]) =>
      demandOption === true ? `<${key}>` : `[${key}]`,
    ),
  ];
  return parser.command(
    usage.join(' '),
    text,
    (sub) => {
      for (const [key, positional] of Object.entries(positionals)) sub.positional(key, positional);
      for (const [key, option] of Object.entries(options)) sub.option(key, option);
      for (const [example, what] of examples) sub.example(`$0 ${example}`, what);
      return sub;
    },
    async (args) => {
      await execute((terminal) => run(args as never, terminal));
    },
  );
}

/** Lets GALAPAGOS_DIR stand for the first argument of a verb, where it was left out. */
function withDirectory(argv: readonly string[], environment: NodeJS.ProcessEnv): string[] {
  const fallback = environment['GALAPAGOS_DIR'];
  const [verb, ...rest] = argv;
  const command = commands.find(({ name }) => name === verb);
  if (fallback === undefined || command === undefined) return [...argv];
  const given = rest.findIndex((word) => word.startsWith('-'));
  const words = given === -1 ? rest : rest.slice(0, given);
  const wanted = Object.values(command.positionals).filter(
    ({ demandOption }) => demandOption === true,
  ).length;
  const isLeftOut = words.length < wanted && !existsSync(`${words[0] ?? ''}/experiment.json`);
  return isLeftOut ? [command.name, fallback, ...rest] : [...argv];
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isExpected(error) ? error.message : (error.stack ?? error.message);
}
