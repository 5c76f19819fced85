import { DatasetError } from '@galapagos/datasets';
import { DnaError } from '@galapagos/dna';
import { PopulationError } from '@galapagos/population';
import { expect, it } from 'vitest';
import { exitCodeOf } from '../../packages/cli/src/failures.js';

const because = (code: string) => ({ cause: Object.assign(new Error(code), { code, syscall: 'read' }) });

function unfit(code: string): PopulationError {
  return new PopulationError('UNFIT', code, because(code));
}

function unreadable(code: string): DatasetError {
  return new DatasetError('unreadable-file', code, because(code));
}

// The launcher starts a worker again after 1, never after 3 and 5.
it.each([
  ['a full disk', unfit('ENOSPC'), 5],
  ['a read-only mount', unfit('EROFS'), 5],
  ['a mount that fails for a while', unfit('EIO'), 1],
  ['a connection that was cut', unfit('ENOTCONN'), 1],
  ['a file that was open as its server went away', unfit('EBADF'), 1],
  ['data that are spoilt', new DatasetError('malformed-file', ''), 2],
  ['data that are forbidden', unreadable('EACCES'), 2],
  ['data on a mount that fails for a while', unreadable('EIO'), 1],
  ['a newer experiment', new PopulationError('NEWER_FORMAT', ''), 3],
  ['a newer DNA', new DnaError('DNA_NEWER', [], ''), 3],
  ['a spoilt DNA', new DnaError('DNA_INVALID', [], ''), 1],
])('%s ends a worker as its launcher expects', (_what, error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
