import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid } from 'node:process';

/**
 * Has the driver keep what it compiles for a GPU on a disk of this machine. By itself it does so in the user's home, which
 * on a cluster lies behind the network, and is shared by machines with other GPUs. What the user has set stays.
 */
export function keepCompiledHere(environment: NodeJS.ProcessEnv = process.env, parent = tmpdir()): void {
  if (environment['CUDA_CACHE_PATH'] !== undefined) return;
  const uid = getuid?.();
  const path = join(parent, `galapagos-cuda-${uid ?? 'cache'}`);
  try {
    mkdirSync(path, { mode: 0o700, recursive: true });
    // Code that another has put there would be run.
    const { uid: owner, mode } = lstatSync(path);
    if (uid !== undefined && (owner !== uid || (mode & 0o022) !== 0)) return;
    environment['CUDA_CACHE_PATH'] = path;
  } catch {
    // Then it does as it does by itself.
  }
}
