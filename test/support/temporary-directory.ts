import { accessSync, chmodSync, constants, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** After every test: see setup.ts. A hook of this module's own would be one of the first file alone that loads it. */
export function removeTemporaryDirectories(): void {
  for (const path of made.splice(0)) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      makeWritable(path);
      rmSync(path, { recursive: true, force: true });
    }
  }
}

/** A directory that is gone after the test. In memory where there is such a place: thousands of small files are quick there. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(inMemory() ?? tmpdir(), 'galapagos-test-'));
  made.push(path);
  return path;
}

function inMemory(): string | undefined {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return undefined;
  }
}

/** A test may have made something unwritable; it must go all the same. */
function makeWritable(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path)) makeWritable(join(path, name));
}
