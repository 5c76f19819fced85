import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import type { z } from 'zod';
import type { Terminal } from './terminal.js';

/** An option that nobody has described does not compile. */
type Described<T> = T & { readonly describe: string };

export interface Command {
  readonly name: string;
  readonly describe: string;
  readonly positionals: Readonly<Record<string, Described<PositionalOptions>>>;
  readonly options: Readonly<Record<string, Described<Options>>>;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** What `--json` prints: the reference is made from it, and a test holds the verb to it. */
  readonly output?: z.ZodType;
  /** Whether `--json` prints one such document per line, as a stream, instead of one. */
  readonly isOutputPerLine?: boolean;
  readonly run: (args: never, terminal: Terminal) => Promise<number>;
}

/** The words of a command line: several for an array, perhaps none for what may be left out. */
type Words<P> = {
  [K in keyof P]: P[K] extends { readonly array: true }
    ? string[]
    : P[K] extends { readonly demandOption: true } | { readonly default: unknown }
      ? string
      : string | undefined;
};

/** Ties the arguments that a verb gets to those that it declares. */
export function defineCommand<
  P extends Record<string, Described<PositionalOptions>>,
  O extends Record<string, Described<Options>>,
>(command: {
  readonly name: string;
  readonly describe: string;
  readonly positionals: P;
  readonly options: O;
  readonly examples?: Command['examples'];
  readonly output?: z.ZodType;
  readonly isOutputPerLine?: boolean;
  /** @returns The exit code. */
  readonly run: (args: Words<P> & InferredOptionTypes<O>, terminal: Terminal) => Promise<number>;
}): Command {
  return { examples: [], ...command };
}

/** The experiment, which is the first argument of every verb. */
export const directory = {
  dir: { describe: 'The directory of the experiment (or GALAPAGOS_DIR)', type: 'string', demandOption: true },
} as const;

/** One individual. */
export const individual = {
  id: { describe: 'The individual, w1-12 say, or best', type: 'string', demandOption: true },
} as const;

/** The verb that the words of a command line begin with: some have two words. */
export function commandOf(commands: readonly Command[], words: readonly string[]): Command | undefined {
  const verb = verbOf(
    commands.map(({ name }) => name),
    words,
  );
  return commands.find(({ name }) => name === verb);
}

/** The one of these names that words begin with. */
export function verbOf(names: readonly string[], words: readonly string[]): string | undefined {
  return names.find((name) => name === words.slice(0, name.split(' ').length).join(' '));
}

export const json = {
  json: { describe: 'Print JSON', type: 'boolean', default: false },
} as const;

/** Prints what a verb has found, in the shape that it has declared. */
export function printJson<S extends z.ZodType>(terminal: Terminal, _shape: S, found: z.input<S>): void {
  terminal.out(JSON.stringify(found, null, 2));
}
