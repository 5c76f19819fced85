import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import type { Terminal } from './terminal.js';

/** An option that nobody has described does not compile. */
type Described<T> = T & { readonly describe: string };

export interface Command {
  readonly name: string;
  readonly describe: string;
  readonly positionals: Readonly<Record<string, Described<PositionalOptions>>>;
  readonly options: Readonly<Record<string, Described<Options>>>;
  readonly examples: readonly (readonly [command: string, what: string])[];
  readonly run: (args: never, terminal: Terminal) => Promise<number>;
}

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
  /** @returns The exit code. */
  readonly run: (
    args: { [K in keyof P]: string } & InferredOptionTypes<O>,
    terminal: Terminal,
  ) => Promise<number>;
}): Command {
  return { examples: [], ...command };
}

/** The experiment, which is the first argument of every verb. */
export const directory = {
  dir: { describe: 'The directory of the experiment (or GALAPAGOS_DIR)', type: 'string', demandOption: true },
} as const;

export const json = {
  json: { describe: 'Print JSON', type: 'boolean', default: false },
} as const;
