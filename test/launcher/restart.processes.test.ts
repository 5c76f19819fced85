import { restartTable } from '@galapagos/launcher';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/processes.js';
import { fakeWorker, launch } from './harness.js';
import { ManualClock } from './manual-clock.js';

describe('the restart table', () => {
  test.each([0, 2, 3, 5, 6, 7, 42])('a worker that ends with %i is not started again', async (code) => {
    const launched = launch({ command: fakeWorker('exit', String(code)) });
    const result = await launched.finished;
    expect(launched.ofKind('started')).toHaveLength(1);
    expect(result.slots[0]).toMatchObject({ exitCode: code, restarts: 0, failures: 0, killed: false });
    expect(result.exitCode).toBe(code === 42 ? 1 : code);
    expect(result.stopReason).toBeUndefined();
  });

  test.each([
    ['exit', '1'],
    ['exit', '143'],
    ['exit', '130'],
    ['die', 'SIGKILL'],
    ['die', 'SIGTERM'],
    ['die', 'SIGHUP'],
  ])('a worker that ends with %s %s is started again, up to the failure limit', async (...manner) => {
    const launched = launch({ command: fakeWorker(...manner), failureLimit: 2 });
    const result = await launched.finished;
    expect(launched.ofKind('started').map((event) => event.restarts)).toEqual([0, 1, 2]);
    expect(launched.ofKind('restarting').map((event) => event.failures)).toEqual([1, 2]);
    expect(launched.ofKind('givingUp')).toEqual([{ kind: 'givingUp', slot: 0, failures: 3 }]);
    expect(result).toMatchObject({ exitCode: 7, slots: [{ exitCode: 7, restarts: 2, failures: 3 }] });
  });

  test('a preempted worker is started again, and that is no failure', async () => {
    const launched = launch({ command: fakeWorker('exit', '75'), failureLimit: 0 });
    await eventually(() => launched.ofKind('started').length >= 3);
    launched.stop('enough');
    expect(await launched.finished).toMatchObject({ exitCode: 0, slots: [{ exitCode: 0, failures: 0 }] });
  });

  test('covers the codes of the conventions', () => {
    const restarted = Object.entries(restartTable).filter(([, verdict]) => verdict.restart);
    expect(restarted.map(([code]) => Number(code))).toEqual([1, 75]);
    expect(Object.keys(restartTable).map(Number)).toEqual([0, 1, 2, 3, 5, 6, 7, 75]);
  });

  test('a command that does not exist is a wrong configuration', async () => {
    const launched = launch({ command: ['/no/such/command'] });
    expect(await launched.finished).toMatchObject({ exitCode: 2 });
    expect(launched.ofKind('exited')).toMatchObject([{ code: 2, pid: undefined, error: { code: 'ENOENT' } }]);
    expect(launched.ofKind('started')).toEqual([]);
  });
});

describe('slots', () => {
  test.each([
    ['0,0,0', 0],
    ['0,7,0', 7],
    ['7,5,0', 5],
    ['0,2,5', 2],
    ['0,42,7', 7],
  ])('codes %s make the launch end with %i', async (codes, expected) => {
    const launched = launch({ workers: 3, command: fakeWorker('exitBySlot', codes) });
    const result = await launched.finished;
    expect(result.exitCode).toBe(expected);
    expect(result.slots.map((slot) => slot.exitCode).join()).toBe(codes);
  });

  test('one log per slot, appended to by each worker of the slot', async () => {
    const launched = launch({
      workers: 2,
      command: fakeWorker('obey'),
    });
    await eventually(() => launched.log(0).includes('ready') && launched.log(1).includes('ready'));
    const first = launched.ofKind('started')[0]?.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await eventually(
      () => launched.ofKind('started').length === 3 && launched.log(0).split('ready').length === 3,
    );
    launched.stop('done');
    await launched.finished;
    expect(launched.log(0)).toContain(`ready in slot 0 as ${first}\n`);
    expect(launched.log(0)).toContain(`ready in slot 0 as ${launched.ofKind('started')[2]?.pid}\n`);
    expect(launched.log(1)).toContain(`ready in slot 1 as`);
    expect(launched.events.at(-1)?.kind).toBe('finished');
  });
});

describe('back-off', () => {
  test('doubles up to its maximum, and begins anew after a healthy run', async () => {
    const clock = new ManualClock();
    const launched = launch({
      command: fakeWorker('obey'),
      clock,
      failureLimit: 4,
      healthySeconds: 60,
      backoff: { firstSeconds: 2, maximumSeconds: 10 },
    });
    const failAfter = async (seconds: number): Promise<void> => {
      const failed = launched.ofKind('exited').length;
      clock.advance(seconds);
      process.kill(launched.ofKind('started').at(-1)?.pid ?? 0, 'SIGKILL');
      await eventually(() => launched.ofKind('exited').length === failed + 1);
    };
    for (const healthy of [0, 0, 59, 0, 60, 0]) {
      await failAfter(healthy);
      const delay = launched.ofKind('restarting').at(-1)?.delaySeconds ?? 0;
      const started = launched.ofKind('started').length;
      clock.advance(delay - 0.001);
      expect(launched.ofKind('started')).toHaveLength(started);
      clock.advance(0.001);
      expect(launched.ofKind('started')).toHaveLength(started + 1);
    }
    expect(launched.ofKind('restarting').map((event) => event.delaySeconds)).toEqual([2, 4, 8, 10, 2, 4]);
    expect(launched.ofKind('restarting').map((event) => event.failures)).toEqual([1, 2, 3, 4, 1, 2]);
    launched.stop('seen enough');
    expect(await launched.finished).toMatchObject({ exitCode: 0, slots: [{ restarts: 6, failures: 6 }] });
  });

  test('failures outside the window are forgotten', async () => {
    const clock = new ManualClock();
    const launched = launch({
      command: fakeWorker('exit', '1'),
      clock,
      failureLimit: 2,
      failureWindowSeconds: 25,
      backoff: { firstSeconds: 10, maximumSeconds: 10 },
    });
    // Every ten seconds: at 0, 10, 20 three lie within the window.
    for (const failures of [1, 2]) {
      await eventually(() => launched.ofKind('restarting').length === failures);
      clock.advance(failures === 2 ? 30 : 10);
    }
    await eventually(() => launched.ofKind('restarting').length === 3);
    expect(launched.ofKind('restarting').map((event) => event.failures)).toEqual([1, 2, 1]);
    clock.advance(10);
    await eventually(() => launched.ofKind('restarting').length === 4);
    clock.advance(10);
    expect(await launched.finished).toMatchObject({ exitCode: 7, slots: [{ restarts: 4, failures: 5 }] });
  });
});

test('each slot has an environment of its own', async () => {
  const launched = launch({
    workers: 3,
    command: fakeWorker('tell', 'CUDA_VISIBLE_DEVICES'),
    environmentOf: (slot) => ({ CUDA_VISIBLE_DEVICES: `GPU-${slot}` }),
  });
  expect(await launched.finished).toMatchObject({ exitCode: 0 });
  expect([0, 1, 2].map((slot) => launched.log(slot).split('\n')[0])).toEqual([
    'CUDA_VISIBLE_DEVICES=GPU-0',
    'CUDA_VISIBLE_DEVICES=GPU-1',
    'CUDA_VISIBLE_DEVICES=GPU-2',
  ]);
});
