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
    const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    super(`${source}: ${lines.join('; ')}`);
  }
}

/** The problems that a schema found, each with the path of the field, also that of a field nobody knows. */
export function schemaProblems(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'unknown field' }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );
}
