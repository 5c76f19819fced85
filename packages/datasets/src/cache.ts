import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * A file that is made once and then read, by many processes, from the first of `directories` that has it intact.
 *
 * Its content is known beforehand by its SHA-256. So a truncated or altered file is noticed and replaced, and
 * a directory that others may write to (the temporary one) can be trusted: nobody can put other bytes there.
 *
 * Several processes may do this at once. Each writes aside and renames into place, so a reader sees a
 * whole file or none, and the last of several equal files stays.
 *
 * @param build makes the content; it must have this SHA-256
 */
export async function readOrBuild(
  name: string,
  sha256: string,
  directories: string[],
  build: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const lacking: string[] = [];
  let bytes: Uint8Array | undefined;
  for (const directory of directories) {
    bytes = await readIntact(join(directory, name), sha256);
    if (bytes) break;
    lacking.push(directory);
  }
  bytes ??= await build();
  // Where the preferred directory cannot be written, the next one serves, and where none can, the work is
  // merely done again in the next process: a cache is never a reason to fail.
  for (const directory of lacking) {
    if (await store(directory, name, bytes)) break;
  }
  return bytes;
}

/**
 * Where to look, the preferred one first: the given directory, or `GALAPAGOS_CACHE`, or `galapagos` in `XDG_CACHE_HOME`,
 * or in `.cache` at home; and always, last, `galapagos` among the temporary files.
 */
export function cacheDirectories(given?: string, environment = process.env): string[] {
  const temporary = join(tmpdir(), 'galapagos');
  // An empty variable counts as unset, and by the XDG specification a relative XDG_CACHE_HOME does too.
  const own = given || environment['GALAPAGOS_CACHE'];
  if (own) return [own, temporary];
  const xdg = environment['XDG_CACHE_HOME'];
  if (xdg && isAbsolute(xdg)) return [join(xdg, 'galapagos'), temporary];
  const home = environment['HOME'] || homeOfUser();
  return home ? [join(home, '.cache', 'galapagos'), temporary] : [temporary];
}

/** The home directory according to the operating system. A user without an entry in the user table, as in many containers, has none. */
function homeOfUser(): string | undefined {
  try {
    return homedir();
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readIntact(path: string, sha256: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(path);
    return sha256Of(bytes) === sha256 ? bytes : undefined;
  } catch (error) {
    // Not there, not ours to read, not a file: for a cache all that is the same, it has to be made.
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

/** Whether the directory took the file. */
async function store(directory: string, name: string, bytes: Uint8Array): Promise<boolean> {
  let aside: string | undefined;
  try {
    await mkdir(directory, { recursive: true });
    aside = await mkdtemp(join(directory, '.packing-'));
    await writeFile(join(aside, name), bytes);
    await rename(join(aside, name), join(directory, name));
    return true;
  } catch (error) {
    // Read-only, full, forbidden: the caller goes on to the next directory.
    if (isSystemError(error)) return false;
    throw error;
  } finally {
    if (aside) await rm(aside, { recursive: true, force: true });
  }
}

export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
