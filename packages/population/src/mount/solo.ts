import type { Clock } from '../clock.js';
import { errorCode } from '../filesystem-errors.js';
import type { Medium } from '../filesystem.js';
import type { MountFilesystem } from './mount-filesystem.js';
import { type Delay, delayOf } from './visibility.js';

/** What one process finds out of a mount. */
export interface SoloFacts {
  /** By what it says of itself. */
  readonly medium: Medium;
  readonly freeBytes: number;
  /** Null where the filesystem has no fixed number. */
  readonly freeInodes: number | null;
  /** To write a file of 4 kB and to have it on disk, the same without; to have a directory on disk. Null: it refuses. */
  readonly written: Delay;
  readonly synced: Delay | null;
  readonly directorySynced: Delay | null;
  /** To rename a directory, while nobody else does. */
  readonly renamed: Delay;
  readonly renamesPerSecond: number;
  /** The least by which the times of two files differ: seconds. */
  readonly timeStep: number;
  /** The clock that gives files their times is ahead of this host's by that much, give or take: seconds. */
  readonly serverAhead: number;
  readonly serverAheadError: number;
  readonly hasLinks: boolean;
}

/** @param folder That is there, and this process's own. */
export async function examineAlone(
  { filesystem, clock }: { readonly filesystem: MountFilesystem; readonly clock: Clock },
  folder: string,
  repetitions: number,
): Promise<SoloFacts> {
  const { bytes, inodes, medium } = await filesystem.space(folder);
  const seconds = async (act: (time: number) => Promise<unknown>): Promise<number[]> => {
    const taken: number[] = [];
    for (let time = 0; time < repetitions; time++) {
      const startedAt = clock.monotonic();
      await act(time);
      taken.push(clock.monotonic() - startedAt);
    }
    return taken;
  };
  const block = 'x'.repeat(4096);
  const write = (file: string) => filesystem.write(file, block);
  const writeAndSync = async (file: string) => {
    await write(file);
    await filesystem.sync([file]);
  };
  const written = delayOf(await seconds((time) => write(`${folder}/plain-${time}`)));
  const synced = await unlessRefused(seconds((time) => writeAndSync(`${folder}/synced-${time}`)));
  const directorySynced = await unlessRefused(seconds(() => filesystem.sync([folder])));
  await filesystem.makeDirectory(`${folder}/renamed-0`);
  const renames = await seconds((time) =>
    filesystem.rename(`${folder}/renamed-${time}`, `${folder}/renamed-${time + 1}`),
  );
  return {
    medium,
    freeBytes: bytes,
    freeInodes: Number.isFinite(inodes) ? inodes : null,
    written,
    synced,
    directorySynced,
    renamed: delayOf(renames),
    renamesPerSecond: renames.length / renames.reduce((sum, each) => sum + each, 0),
    ...(await examineTimes(filesystem, clock, folder, repetitions)),
    hasLinks: await hasLinks(filesystem, folder),
  };
}

/** Undefined operations answer EINVAL, ENOTSUP or ENOSYS; whatever else is wrong is an error. */
async function unlessRefused(taken: Promise<number[]>): Promise<Delay | null> {
  try {
    return delayOf(await taken);
  } catch (error) {
    if (['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF'].includes(errorCode(error))) return null;
    throw error;
  }
}

async function examineTimes(
  filesystem: MountFilesystem,
  clock: Clock,
  folder: string,
  repetitions: number,
): Promise<Pick<SoloFacts, 'timeStep' | 'serverAhead' | 'serverAheadError'>> {
  const samples: { before: number; after: number; time: number }[] = [];
  const now = () => clock.now().getTime() / 1000;
  for (let index = 0; index < repetitions; index++) {
    const file = `${folder}/time-${index}`;
    const before = now();
    await filesystem.write(file, 'x');
    const after = now();
    samples.push({ before, after, time: await filesystem.modifiedAt(file) });
    await clock.sleep(0.002);
  }
  const timeStep = stepOf(samples.map(({ time }) => time));
  // Of a time that is cut off the true one is up to a step later.
  const least = Math.max(...samples.map(({ after, time }) => time - after));
  const most = Math.min(...samples.map(({ before, time }) => time + timeStep - before));
  return { timeStep, serverAhead: (least + most) / 2, serverAheadError: Math.max(0, (most - least) / 2) };
}

/** Whole seconds, or the least difference that was seen. */
function stepOf(times: readonly number[]): number {
  if (times.every((time) => Number.isInteger(time))) return 1;
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const steps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? 0));
  return Math.min(1, ...steps);
}

async function hasLinks(filesystem: MountFilesystem, folder: string): Promise<boolean> {
  try {
    await filesystem.link(`${folder}/plain-0`, `${folder}/linked`);
    return true;
  } catch (error) {
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errorCode(error))) return false;
    throw error;
  }
}
