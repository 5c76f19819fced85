import { findCheckpoints, nodeFilesystem, readCheckpoint, writeCheckpoint } from '@galapagos/population';
import { expect, test } from 'vitest';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

test.each(['kind', 'read'] as const)(
  'a checkpoint that answers ESTALE once is there all the same (%s)',
  async (operation) => {
    const folder = temporaryDirectory();
    const data = new TextEncoder().encode('all that training needs');
    const faulty = new FaultyFilesystem(nodeFilesystem);
    await writeCheckpoint(faulty, folder, { attempt: 1, step: 8 }, data);
    const [checkpoint] = await findCheckpoints(faulty, folder);
    if (checkpoint === undefined) throw new Error('there is no checkpoint');
    faulty.fail({ operation }, 'ESTALE');
    expect(await readCheckpoint(faulty, folder, checkpoint)).toEqual(Buffer.from(data));
  },
);
