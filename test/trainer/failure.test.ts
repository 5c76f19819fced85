import { DatasetError } from '@galapagos/datasets';
import { unfit } from '@galapagos/population';
import { expect, test } from 'vitest';
import { unusableBy } from '../../packages/trainer/src/failure.js';

const system = (code: string) => Object.assign(new Error(code), { code, syscall: 'read' });
const unreadable = (code: string) => new DatasetError('unreadable-file', code, { cause: system(code) });

// `crash` is what a launcher starts again.
test.each([
  ['spoilt examples', new DatasetError('malformed-file', ''), 'data'],
  ['examples that are forbidden', unreadable('EACCES'), 'data'],
  ['examples that are away for a while', unreadable('EIO'), 'crash'],
  ['a stale handle of NFS, which Node cannot name', Object.assign(system('?'), { errno: -116 }), 'crash'],
  ['a full disk', system('ENOSPC'), 'filesystem'],
  ['a full disk, in the words of the population', unfit('x', system('ENOSPC')), 'filesystem'],
  ['a disk that is away for a while, in the words of the population', unfit('x', system('EIO')), 'crash'],
] as const)('%s', (_what, error, expected) => {
  expect(unusableBy(error)).toBe(expected);
});
