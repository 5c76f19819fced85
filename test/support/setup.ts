import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { allPids, processesOfThisRun, runMark } from './processes.js';
import { removeTemporaryDirectories } from './temporary-directory.js';

// Every process that a test starts inherits this, and so do those that it starts in its turn.
process.env[runMark] = randomUUID();

// What was killed a moment ago may still be on its way out.
const patienceMs = 1_500;
let startedBefore: ReadonlySet<number>;

beforeEach(() => {
  // What a `beforeAll` started belongs to the whole file: see `afterAll`.
  startedBefore = new Set(allPids());
});

afterEach(async () => {
  await cleanUp(startedBefore);
});

afterAll(async () => {
  await cleanUp();
});

/** Directories last: what is on its way out may still write. */
async function cleanUp(others?: ReadonlySet<number>): Promise<void> {
  try {
    await expectNoneLeft(others);
  } finally {
    removeTemporaryDirectories();
  }
}

async function expectNoneLeft(others?: ReadonlySet<number>): Promise<void> {
  const end = performance.now() + patienceMs;
  let left = processesOfThisRun(others);
  while (left.length > 0 && performance.now() < end) {
    await sleep(50);
    left = processesOfThisRun(others);
  }
  if (left.length === 0) return;
  for (const { pid } of left) killIfThere(pid);
  const list = left.map(({ pid, command }) => `\n  ${pid}  ${command}`).join('');
  throw new Error(`processes were left behind (and are killed now):${list}`);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
