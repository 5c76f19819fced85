import type { Command } from './command.js';
import { UsageError } from './usage-error.js';

/** Where the experiment is, for those who do not say it in every command. */
const DIRECTORY = 'GALAPAGOS_DIR';

/** The experiment of the environment; undefined where it names none. */
export function directoryOf(environment: NodeJS.ProcessEnv): string | undefined {
  return filled(environment[DIRECTORY]);
}

/** The variable that stands for a flag: GALAPAGOS_WORKERS for `--workers`. */
function variableOf(option: string): string {
  return `GALAPAGOS_${option.toUpperCase().replaceAll('-', '_')}`;
}

/** The options of a verb that a variable may stand for: those with one value. */
function variableOptions({ options }: Command): string[] {
  return Object.entries(options)
    .filter(([, { type, array }]) => type !== 'boolean' && array !== true)
    .map(([name]) => name);
}

/** A command line, with the flags that only the environment has. */
export function withFlagsOf(
  environment: NodeJS.ProcessEnv,
  argv: readonly string[],
  command: Command | undefined,
): string[] {
  const flags = namesOf(environment, argv, command);
  return [...argv, ...flags.map((name) => `--${name}=${environment[variableOf(name)]}`)];
}

/** Where the flags that an error names come from, if it is not the command line: nobody has to search there. */
export function sourcesOf(
  message: string,
  environment: NodeJS.ProcessEnv,
  argv: readonly string[],
  command: Command | undefined,
): string {
  return namesOf(environment, argv, command)
    .filter((name) => message.includes(`--${name}`) || message.includes(`Argument: ${name},`))
    .map((name) => `\n--${name} is that of ${variableOf(name)}`)
    .join('');
}

/** The options that only the environment gives. */
function namesOf(
  environment: NodeJS.ProcessEnv,
  argv: readonly string[],
  command: Command | undefined,
): string[] {
  if (command === undefined) return [];
  const isGiven = (name: string) =>
    argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  return variableOptions(command).filter(
    (name) => filled(environment[variableOf(name)]) !== undefined && !isGiven(name),
  );
}

/**
 * The words of a command line in their places. Where one is missing and the environment names an experiment, it is
 * the directory that was left out; so it is where the first word is a change of a field (`bounds.flops=1e15`).
 * @throws UsageError when there are still too few.
 */
export function placed<T extends Readonly<Record<string, unknown>>>(
  { name, positionals }: Command,
  args: T,
  fallback: string | undefined,
): T {
  if (fallback === undefined || positionals['dir'] === undefined) return args;
  const names = Object.keys(positionals);
  const several = names.find((key) => positionals[key]?.array === true);
  const given = names.flatMap((key) => (args[key] ?? []) as string | string[]);
  const isLeftOut = several === undefined ? given.length < names.length : given[0]?.includes('=') !== false;
  const values = isLeftOut ? [fallback, ...given] : given;
  const needed = names.filter((key) => positionals[key]?.demandOption === true);
  if (values.length < needed.length) {
    throw new UsageError(
      `an argument is missing: galapagos ${name} ${names.map((key) => `<${key}>`).join(' ')}`,
    );
  }
  const words = names.map((key, index) => [key, key === several ? values.slice(index) : values[index]]);
  return { ...args, ...(Object.fromEntries(words) as object) };
}

function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
