import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatasetErrorCode } from './errors.js';
import { DatasetError } from './errors.js';

/** Where a data set is published, so that an error about a file can say how to get a good one. */
export interface Publication {
  title: string;
  url: string;
  /** The files that a directory must hold. */
  files: readonly string[];
  /** What else there is to know, in a sentence. */
  hint: string;
}

/** An error about a file: which, what was expected, what was found, and how to get a good one. */
export function fileError(
  code: DatasetErrorCode,
  path: string,
  expected: string,
  found: string,
  publication: Publication,
  cause?: unknown,
): DatasetError {
  const { title, url, files, hint } = publication;
  return new DatasetError(
    code,
    `${path}: expected ${expected}, found ${found}. ` +
      `${title} is published at ${url}; put ${files.join(', ')} into ${dirname(path)}. ${hint}`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * A whole file of a data set; `undefined` if there is none.
 *
 * Thrown when it is there but cannot be read (`unreadable-file`).
 */
export async function readDataFile(path: string, publication: Publication): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw fileError('unreadable-file', path, 'a readable file', code ?? message, publication, error);
  }
}

/** Thrown when a label is not below `classes` (`malformed-file`). */
export function checkLabels(
  labels: Uint8Array,
  classes: number,
  path: string,
  publication: Publication,
): void {
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong === -1) return;
  const found = `${labels[wrong]} for example ${wrong}`;
  throw fileError('malformed-file', path, `labels from 0 to ${classes - 1}`, found, publication);
}
