import { main, type Terminal } from '@galapagos/cli';
import { join } from 'node:path';
import { repository } from '../support/source.js';

/** What a command line came to. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The program, as a shell finds it. It runs what was built. */
export const program = join(repository, 'packages', 'cli', 'bin', 'galapagos.js');

export interface SayOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** The width of a terminal; a pipe where there is none. */
  readonly columns?: number;
}

/** Runs one command line within this process. */
export async function galapagos(
  argv: readonly string[],
  { environment = {}, columns }: SayOptions = {},
): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    status: () => undefined,
    screen: () => undefined,
    isWatched: false,
    columns,
  };
  const code = await main(argv, environment, terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** Fields for `init` that make a search on few and small images. */
const smallSearch = {
  'search.populationSize': '8',
  'search.seed': '"test"',
  'data.source': 'synthetic',
  'data.validation': '40',
  'data.test': '40',
  'data.synthetic': '{ height: 8, width: 8, examples: 240 }',
  'training.steps': '4',
  'training.batchSize': '10',
};

/** As `--set` flags; fields that are given replace those of the small search, or come on top. */
export function flagsOf(fields: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries({ ...smallSearch, ...fields }).flatMap(([field, value]) => [
    '--set',
    `${field}=${value}`,
  ]);
}
