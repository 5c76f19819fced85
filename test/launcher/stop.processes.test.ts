import { launchLocal } from '@galapagos/launcher';
import { describe, expect, test } from 'vitest';
import { eventually, isRunning } from '../support/processes.js';
import { fakeWorker, launch, temporaryDirectory, type ObservedLaunch } from './harness.js';
import { ManualClock } from './manual-clock.js';

describe('a clean stop', () => {
  test('asks every worker once and waits for all of them', async () => {
    const launched = launch({ workers: 3, command: fakeWorker('obey') });
    await ready(launched, 3);
    launched.stop('first');
    launched.stop('second');
    const result = await launched.finished;
    expect(result).toMatchObject({ exitCode: 0, stopReason: 'first' });
    expect(result.slots.map((slot) => [slot.exitCode, slot.killed])).toEqual(Array(3).fill([0, false]));
    expect(launched.ofKind('stopping')).toEqual([{ kind: 'stopping', reason: 'first' }]);
    expect(launched.ofKind('restarting')).toEqual([]);
    expect(launched.events.at(-1)).toEqual({ kind: 'finished', result });
    expectNobodyThere(launched);
  });

  test.each([
    ['75', 0],
    ['143', 0],
    ['1', 1],
    ['5', 5],
  ])('a worker that leaves with %s makes it %i, and is not started again', async (code, expected) => {
    const launched = launch({ command: fakeWorker('obey', code) });
    await ready(launched, 1);
    launched.stop('test');
    expect(await launched.finished).toMatchObject({ exitCode: expected });
    expect(launched.ofKind('started')).toHaveLength(1);
  });

  test('kills after the grace time what does not leave, and what that had started', async () => {
    const clock = new ManualClock();
    const launched = launch({ workers: 2, command: fakeWorker('ignore'), clock, graceSeconds: 30 });
    await ready(launched, 2);
    launched.stop('test');
    await eventually(() => [0, 1].every((slot) => launched.log(slot).includes('ignored SIGTERM')));
    clock.advance(29);
    expect(launched.ofKind('killed')).toEqual([]);
    clock.advance(1);
    const result = await launched.finished;
    expect(result.exitCode).toBe(0);
    expect(result.slots.every((slot) => slot.killed)).toBe(true);
    expectNobodyThere(launched);
    await eventually(() => trainers(launched).every((pid) => !isRunning(pid)));
  });

  test('ends a slot that waits for its next worker', async () => {
    const launched = launch({ command: fakeWorker('exit', '1'), backoff: { firstSeconds: 3_600 } });
    await eventually(() => launched.ofKind('restarting').length === 1);
    launched.stop('test');
    expect(await launched.finished).toMatchObject({ exitCode: 0, slots: [{ failures: 1, restarts: 0 }] });
  });

  test('comes from the time limit', async () => {
    const clock = new ManualClock();
    const launched = launch({ command: fakeWorker('obey'), clock, timeLimitSeconds: 180 });
    await ready(launched, 1);
    clock.advance(180);
    expect(await launched.finished).toMatchObject({ exitCode: 0, stopReason: 'time limit' });
  });

  test('comes from an abort signal', async () => {
    const controller = new AbortController();
    const launched = launch({ command: fakeWorker('obey'), signal: controller.signal });
    await ready(launched, 1);
    controller.abort(new Error('SIGINT'));
    expect(await launched.finished).toMatchObject({ exitCode: 0, stopReason: 'SIGINT' });
  });

  test('nothing is started where the signal was aborted before', async () => {
    const launched = launch({ command: fakeWorker('obey'), signal: AbortSignal.abort('too late') });
    expect(await launched.finished).toMatchObject({ exitCode: 0, stopReason: 'too late' });
    expect(launched.events.map((event) => event.kind)).toEqual(['stopping', 'finished']);
  });
});

describe('kill', () => {
  test('ends workers that ignore SIGTERM, and what they started, at once', async () => {
    const launched = launch({ workers: 2, command: fakeWorker('ignore') });
    await ready(launched, 2);
    launched.kill();
    const result = await launched.finished;
    expect(result).toMatchObject({ exitCode: 0, stopReason: 'kill' });
    expect(launched.ofKind('killed')).toHaveLength(2);
    expectNobodyThere(launched);
    await eventually(() => trainers(launched).every((pid) => !isRunning(pid)));
  });

  test('hurries a stop', async () => {
    const launched = launch({ command: fakeWorker('ignore'), graceSeconds: 3_600 });
    await ready(launched, 1);
    launched.stop('SIGINT');
    launched.kill();
    expect(await launched.finished).toMatchObject({ stopReason: 'SIGINT', slots: [{ killed: true }] });
  });

  test('does nothing any more when all is over', async () => {
    const launched = launch({ command: fakeWorker('exit', '0') });
    await launched.finished;
    launched.kill();
    launched.stop('test');
    expect(launched.events.at(-1)?.kind).toBe('finished');
  });
});

describe('no process is left behind', () => {
  test('by a worker that dies and leaves its trainer', async () => {
    const launched = launch({ command: fakeWorker('abandon'), failureLimit: 1 });
    await launched.finished;
    expect(trainers(launched)).toHaveLength(2);
    await eventually(() => trainers(launched).every((pid) => !isRunning(pid)));
  });

  test.each(['started', 'exited', 'stopping', 'killed'] as const)(
    'by a listener that throws on %s',
    async (kind) => {
      const launched = launch({
        workers: 3,
        command: fakeWorker('ignore'),
        onEvent: (event) => {
          if (event.kind === kind) throw new Error(`cannot bear ${kind}`);
        },
      });
      const finished = expect(launched.finished).rejects.toThrow(`cannot bear ${kind}`);
      if (kind !== 'started') {
        await ready(launched, 3);
        if (kind === 'exited') process.kill(launched.ofKind('started')[0]?.pid ?? 0, 'SIGKILL');
        if (kind === 'stopping') launched.stop('test');
        if (kind === 'killed') launched.kill();
      }
      await finished;
      expectNobodyThere(launched);
    },
  );

  test('by options that make no sense', () => {
    const logDirectory = temporaryDirectory();
    const command = fakeWorker('obey');
    expect(() => launchLocal({ workers: 0, command, logDirectory })).toThrow(RangeError);
    expect(() => launchLocal({ workers: 1.5, command, logDirectory })).toThrow(/workers/);
    expect(() => launchLocal({ workers: 1, command, logDirectory, graceSeconds: NaN })).toThrow(
      /graceSeconds/,
    );
    expect(() => launchLocal({ workers: 1, command, logDirectory, failureLimit: -1 })).toThrow(
      /failureLimit/,
    );
  });
});

async function ready(launched: ObservedLaunch, workers: number): Promise<void> {
  await eventually(() =>
    Array.from({ length: workers }, (_, slot) => launched.log(slot)).every((log) => log.includes('ready')),
  );
}

function expectNobodyThere(launched: ObservedLaunch): void {
  const pids = launched.ofKind('started').map((event) => event.pid);
  expect(pids.filter(isRunning)).toEqual([]);
}

function trainers(launched: ObservedLaunch): number[] {
  const slots = new Set(launched.ofKind('started').map((event) => event.slot));
  return [...slots].flatMap((slot) =>
    [...launched.log(slot).matchAll(/^trainer (\d+)$/gm)].map((match) => Number(match[1])),
  );
}
