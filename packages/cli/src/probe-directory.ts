import { randomUUID } from 'node:crypto';
import { isMissing, nodeFilesystem, systemClock, unfit } from '@galapagos/population';
import { z } from 'zod';
import { UsageError } from './usage-error.js';

export const directoryShape = z.strictObject({
  path: z.string(),
  isLocal: z.boolean().describe('Whether it is a disk of this machine: leases are short there.'),
  freeBytes: z.number(),
  freeInodes: z.number().nullable().describe('Null where the filesystem has no fixed number.'),
  seconds: z.number().describe('To write a file to disk, rename its directory, and remove both.'),
});

/**
 * Does in a directory what workers do: a directory, a file that is on disk, a rename of the directory.
 * @throws PopulationError `UNFIT` when the filesystem refuses.
 */
export async function probeDirectory(path: string): Promise<z.infer<typeof directoryShape>> {
  const startedAt = systemClock.monotonic();
  const name = `${path}/.doctor-${randomUUID()}`;
  try {
    await nodeFilesystem.makeDirectory(name);
    await nodeFilesystem.write(`${name}/file`, 'a line\n', { sync: true });
    await nodeFilesystem.rename(name, `${name}-renamed`);
    await nodeFilesystem.unlink(`${name}-renamed/file`);
    await nodeFilesystem.removeDirectory(`${name}-renamed`);
    const { bytes, inodes, local } = await nodeFilesystem.space(path);
    return {
      path,
      isLocal: local,
      freeBytes: bytes,
      freeInodes: Number.isFinite(inodes) ? inodes : null,
      seconds: systemClock.monotonic() - startedAt,
    };
  } catch (error) {
    if (isMissing(error)) throw new UsageError(`${path}: there is no such directory`, { cause: error });
    throw unfit(path, error);
  }
}
