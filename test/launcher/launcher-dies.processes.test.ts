import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { LaunchEvent } from '@galapagos/launcher';
import {
  eventually,
  isRunning,
  processesOfThisRun,
  startProcess,
  type StartedProcess,
} from '../support/processes.js';
import { fakeWorker, separateLauncher, temporaryDirectory } from './harness.js';

describe('a launcher that ends without a stop', () => {
  let launcher: StartedProcess | undefined;

  afterEach(() => launcher?.child.kill('SIGKILL'));

  test.each(['that are ready', 'that have hardly begun'])('by SIGKILL: workers %s leave', async (stage) => {
    launcher = start('never', 'obey');
    const pids = await workersOf(launcher);
    if (stage === 'that are ready') await sleep(500);
    expect(pids.every(isRunning)).toBe(true);
    launcher.child.kill('SIGKILL');
    expect(await launcher.finished).toMatchObject({ code: null, signal: 'SIGKILL' });
    await eventually(() => !pids.some(isRunning));
    await eventually(() => processesOfThisRun().length === 0);
  });

  test.each([
    ['throw', 1],
    ['exit', 9],
  ] as const)('by %s: even workers that would stay are killed', async (end, code) => {
    launcher = start(end, 'ignore');
    const pids = await workersOf(launcher);
    launcher.child.kill('SIGUSR2');
    expect(await launcher.finished).toMatchObject({ code });
    await eventually(() => !pids.some(isRunning));
    await eventually(() => processesOfThisRun().length === 0);
  });

  test('by Ctrl-C: a terminal reaches the launcher alone, since each worker leads its own process group', async () => {
    launcher = start('never', 'obey');
    const pids = await workersOf(launcher);
    // Signal 0 to a group succeeds only where that group exists.
    for (const pid of pids) expect(process.kill(-pid, 0)).toBe(true);
    launcher.child.kill('SIGKILL');
    await eventually(() => !pids.some(isRunning));
  });
});

function start(end: string, manner: string): StartedProcess {
  const { script, module } = separateLauncher();
  const options = {
    workers: 2,
    command: fakeWorker(manner),
    logDirectory: join(temporaryDirectory(), 'logs'),
  };
  return startProcess(process.execPath, [script, module, end, JSON.stringify(options)]);
}

async function workersOf(launcher: StartedProcess): Promise<number[]> {
  return eventually(() => {
    const events = launcher
      .output()
      .stdout.trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LaunchEvent);
    const pids = events.flatMap((event) => (event.kind === 'started' ? [event.pid] : []));
    return pids.length === 2 ? pids : undefined;
  });
}
