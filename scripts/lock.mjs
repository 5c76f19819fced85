import { closeSync, mkdirSync, openSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const beatMs = 500;
const staleMs = 5_000;

/**
 * Runs `action` while nobody else holds `file`. The holder touches the file twice a second; one that stood still
 * for five seconds, by the clock of whoever looks, is taken over. That needs no process ids, which mean nothing
 * from one container to the next. Two that hold it at once do the same work twice, nothing worse.
 */
export async function withLock(file, action) {
  mkdirSync(dirname(file), { recursive: true });
  while (!take(file)) {
    process.stderr.write('Waiting for another set-up in this directory …\n');
    await untilFreeOrStale(file);
  }
  const beat = setInterval(() => touch(file), beatMs);
  try {
    return await action();
  } finally {
    clearInterval(beat);
    rmSync(file, { force: true });
  }
}

async function untilFreeOrStale(file) {
  let seen = lastTouched(file);
  let seenAt = performance.now();
  while (seen !== undefined) {
    await sleep(beatMs / 2);
    const now = lastTouched(file);
    if (now !== seen) seenAt = performance.now();
    else if (performance.now() - seenAt > staleMs) {
      rmSync(file, { force: true });
      return;
    }
    seen = now;
  }
}

function take(file) {
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function touch(file) {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch (error) {
    // Somebody took the lock over and is done with it.
    if (error.code !== 'ENOENT') throw error;
  }
}

function lastTouched(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
