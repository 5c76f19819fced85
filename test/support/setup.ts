import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { processesOfThisRun, runMark, type MarkedProcess } from './processes.js';

// Every process that a test starts inherits this, and so do those that it starts in its turn.
process.env[runMark] = randomUUID();

// What was killed a moment ago may still be on its way out.
const patienceMs = 1_500;
let startedBefore = new Set<number>();

beforeEach(() => {
  // What a `beforeAll` started belongs to the whole file: see `afterAll`.
  startedBefore = new Set(processesOfThisRun().map(({ pid }) => pid));
});

afterEach(async () => {
  await expectNoneLeft((found) => found.filter(({ pid }) => !startedBefore.has(pid)));
});

afterAll(async () => {
  await expectNoneLeft((found) => found);
});

async function expectNoneLeft(select: (found: MarkedProcess[]) => MarkedProcess[]): Promise<void> {
  const end = performance.now() + patienceMs;
  let left = select(processesOfThisRun());
  while (left.length > 0 && performance.now() < end) {
    await sleep(50);
    left = select(processesOfThisRun());
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
