import type { z } from 'zod';

/** One thing that is wrong with a document, and where: `edges.e1.depthFactor`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/**
 * Thrown when a DNA is not valid.
 * - `DNA_INVALID`: unknown, missing or wrong fields, or a graph that breaks a rule
 * - `DNA_NEWER`: written by a newer version of Galapagos
 */
export class DnaError extends Error {
  override readonly name = 'DnaError';

  constructor(
    readonly code: 'DNA_INVALID' | 'DNA_NEWER',
    readonly problems: readonly Problem[],
    source: string,
  ) {
    super(`${source}: ${problemsInWords(problems)}`);
  }
}

/** Problems that are named, and letters of each: a file that is wrong throughout is not repeated whole. */
const NAMED = 10;
const LONGEST = 300;

/** What is wrong, in one line that a person can read. */
export function problemsInWords(problems: readonly Problem[]): string {
  const lines = problems.slice(0, NAMED).map(({ path, message }) => {
    const line = path === '' ? message : `${path}: ${message}`;
    return line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line;
  });
  const rest = problems.length - lines.length;
  return rest > 0 ? `${lines.join('; ')}; and ${rest} more` : lines.join('; ');
}

/** The problems that a schema found, each with the path of the field, also that of a field nobody knows. */
export function schemaProblems(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'unknown field' }));
    }
    if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message }));
    return [{ path, message: readable(issue.message) }];
  });
}

/** What zod says of a field, in our words. */
function readable(message: string): string {
  return message
    .replace(/^Invalid input: expected (.+), received undefined$/, 'missing, expected $1')
    .replace(/^Invalid input: expected /, 'expected ')
    .replace(/^expected record/, 'expected object')
    .replace(/^Invalid discriminator value. Expected (.+)$/, (_, kinds: string) => {
      return `expected ${kinds.replaceAll(' | ', ' or ')}`;
    });
}
