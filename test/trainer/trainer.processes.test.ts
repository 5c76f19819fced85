import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstDna } from '@galapagos/dna';
import { PopulationError, findCheckpoints, nodeFilesystem } from '@galapagos/population';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { EvaluationControl, TrainerOptions } from '../../packages/trainer/src/trainer.js';
import { TrainerProcess } from '../../packages/trainer/src/trainer-process.js';
import { eventually, isRunning, processesOfThisRun, startProcess } from '../support/processes.js';
import { chain, furthestCheckpoint, individualOf, outputOf, stripes, temporaryFolder } from './support.js';

// As it is installed: compiled.
const program = join(import.meta.dirname, '../../packages/trainer/dist/child.js');
const fake = join(import.meta.dirname, 'fixtures/fake-trainer.mjs');

/** Steps of about 20 ms. */
const slow = chain([
  { conv: { factor: 16 }, bn: true },
  { conv: {}, bn: true },
  { conv: {}, bn: true },
]);
const endless = { steps: 1e6, batchSize: 50, checkpointSeconds: 1e-3 };

const open: TrainerProcess[] = [];
afterEach(async () => {
  for (const trainer of open.splice(0)) await trainer.close();
});

function trainerOf(options: Partial<TrainerOptions>): TrainerProcess {
  const trainer = new TrainerProcess({ data: stripes, training: { steps: 10 }, program, ...options });
  open.push(trainer);
  return trainer;
}

function fakeTrainer(behaviour: string, stallSeconds = 60): TrainerProcess {
  return trainerOf({ data: { behaviour }, program: fake, stallSeconds });
}

function control(options: Partial<EvaluationControl> = {}): EvaluationControl {
  const never = new AbortController().signal;
  return { handBack: never, abandon: never, onProgress: () => undefined, ...options };
}

/** The process that trains: the newest of this test that runs such a program. */
function childPid(): number {
  const found = processesOfThisRun().filter(({ command }) => /child\.js|fake-trainer/.test(command));
  const newest = found.at(-1);
  if (newest === undefined) throw new Error('no trainer runs');
  return newest.pid;
}

describe('a trainer in a process of its own', () => {
  test('repeats in a fresh process what found no room in one that had trained others', async () => {
    const trainer = fakeTrainer('fills up');
    const request = individualOf(slow);
    const pidOf = async () => {
      const outcome = await trainer.evaluate(request, control());
      return outcome.kind === 'evaluated'
        ? { pid: outcome.result.backend, seconds: outcome.seconds }
        : outcome;
    };
    const first = await pidOf();
    const second = await pidOf();
    expect(first).toMatchObject({ seconds: 1 });
    // What the attempt in vain has spent counts too.
    expect(second).toMatchObject({ seconds: 2 });
    expect(second).not.toMatchObject({ pid: (first as { pid: string }).pid });
  });

  test('trains one individual after the other in the same process', async () => {
    const trainer = trainerOf({ training: { steps: 5 }, backend: 'wasm' });
    const ready = await trainer.ready();
    expect(ready).toEqual({
      type: 'ready',
      backend: 'wasm',
      detail: 'simd128',
      reason: 'asked for',
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    const pid = childPid();
    for (const seed of ['one', 'two']) {
      const request = individualOf(slow, { seed });
      const steps: number[] = [];
      const outcome = await trainer.evaluate(
        request,
        control({ onProgress: ({ step }) => steps.push(step) }),
      );
      expect(outcome).toMatchObject({
        kind: 'evaluated',
        result: { steps: 5, backend: 'wasm', diverged: false },
      });
      expect(existsSync(join(request.output, 'weights.safetensors'))).toBe(true);
      expect(steps[0]).toBe(1);
    }
    expect(childPid()).toBe(pid);
    await trainer.close();
    expect(isRunning(pid)).toBe(false);
  });

  test('SIGKILL in the middle of a training is a crash, and the next individual has a new process', async () => {
    const trainer = trainerOf({ training: endless });
    const request = individualOf(slow);
    const outcome = trainer.evaluate(request, control());
    await eventually(() => furthestCheckpoint(request.output));
    const pid = childPid();
    process.kill(pid, 'SIGKILL');
    expect(await outcome).toMatchObject({
      kind: 'failed',
      failure: {
        class: 'crash',
        reason: 'the trainer was ended by SIGKILL, perhaps by the system for want of memory',
      },
    });
    const back = new AbortController();
    const next = trainer.evaluate(
      individualOf(firstDna()),
      control({ handBack: back.signal, onProgress: () => back.abort() }),
    );
    expect((await next).kind).toBe('handed-back');
    expect(childPid()).not.toBe(pid);
  });

  test('handed back: it comes back after a checkpoint, and its process serves on', async () => {
    const trainer = trainerOf({ training: { ...endless, checkpointSeconds: 1000 } });
    const request = individualOf(slow);
    const back = new AbortController();
    const outcome = await trainer.evaluate(
      request,
      control({ handBack: back.signal, onProgress: () => back.abort() }),
    );
    expect(outcome.kind).toBe('handed-back');
    expect(outcome.seconds).toBeGreaterThan(0);
    expect((await furthestCheckpoint(request.output)).step).toBeGreaterThan(0);
    const again = await trainer.evaluate(individualOf(slow), control({ handBack: AbortSignal.abort() }));
    expect(again.kind).toBe('handed-back');
  });

  test('abandoned: it ends at once, whatever it does', async () => {
    const trainer = trainerOf({ training: endless });
    const abandon = new AbortController();
    const request = individualOf(slow);
    const outcome = trainer.evaluate(request, control({ abandon: abandon.signal }));
    await eventually(() => furthestCheckpoint(request.output));
    const pid = childPid();
    abandon.abort();
    expect(await outcome).toMatchObject({ kind: 'taken-away' });
    await eventually(() => !isRunning(pid));
    const before = await trainer.evaluate(individualOf(slow), control({ abandon: AbortSignal.abort() }));
    expect(before).toEqual({ kind: 'taken-away', seconds: 0, flops: 0 });
  });

  test('abandoned or handed back before it is ready', async () => {
    const abandon = new AbortController();
    const trainer = fakeTrainer('never ready');
    const outcome = trainer.evaluate(individualOf(slow), control({ abandon: abandon.signal }));
    abandon.abort();
    expect(await outcome).toEqual({ kind: 'taken-away', seconds: 0, flops: 0 });
    const back = new AbortController();
    const handed = fakeTrainer('never ready').evaluate(
      individualOf(slow),
      control({ handBack: back.signal }),
    );
    // A terminal's Ctrl-C may end it before it can ignore that.
    await eventually(() => childPid());
    back.abort();
    process.kill(childPid(), 'SIGINT');
    expect(await handed).toEqual({ kind: 'handed-back', seconds: 0, flops: 0 });
  });

  test('ignores signals that are meant for its worker', async () => {
    const trainer = trainerOf({ training: { steps: 40 } });
    const request = individualOf(slow);
    let pid = 0;
    const outcome = await trainer.evaluate(
      request,
      control({
        onProgress: () => {
          pid ||= childPid();
          for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)
            process.kill(pid, signal);
        },
      }),
    );
    expect(pid).toBeGreaterThan(0);
    expect(outcome).toMatchObject({ kind: 'evaluated', result: { steps: 40 } });
    expect(isRunning(pid)).toBe(true);
  });
});

describe('when its worker is gone', () => {
  /** Kills the worker once the training has come so far. @returns The steps that the trainer still did. */
  async function stepsAfterDeathOf(signal: NodeJS.Signals): Promise<number> {
    const request = individualOf(slow);
    const options = { data: stripes, training: endless };
    const parent = startProcess(process.execPath, [
      join(import.meta.dirname, 'fixtures/parent.mjs'),
      JSON.stringify(options),
      JSON.stringify(request),
    ]);
    await eventually(async () => (await furthestCheckpoint(request.output)).step > 3);
    const pid = childPid();
    // Held still until the worker is certainly gone: how long the system takes for that is not the trainer's doing.
    process.kill(pid, 'SIGSTOP');
    const [before] = await findCheckpoints(nodeFilesystem, request.output);
    process.kill(parent.pid, signal);
    await parent.finished;
    process.kill(pid, 'SIGCONT');
    await eventually(() => !isRunning(pid));
    // It has a checkpoint of every step.
    const after = await furthestCheckpoint(request.output);
    return after.step - (before?.step ?? 0);
  }

  test('by SIGKILL, it ends within two steps', async () => {
    // The one that it was held in, and one more at the most.
    expect(await stepsAfterDeathOf('SIGKILL')).toBeLessThanOrEqual(2);
  });

  test('before the trainer could notice, it ends too', async () => {
    const options = { data: stripes, training: endless };
    const request = individualOf(slow);
    const parent = startProcess(process.execPath, [
      join(import.meta.dirname, 'fixtures/parent.mjs'),
      JSON.stringify(options),
      JSON.stringify(request),
    ]);
    const pid = await eventually(() => childPid(), 10_000, 1);
    process.kill(parent.pid, 'SIGKILL');
    await parent.finished;
    await eventually(() => !isRunning(pid));
    expect(readdirSync(request.output)).toEqual([]);
  });
});

describe('failures', () => {
  test('the tail of the log, and what was spent by then', async () => {
    const outcome = await fakeTrainer('crashes').evaluate(individualOf(slow), control());
    expect(outcome).toEqual({
      kind: 'failed',
      seconds: 3,
      flops: 400,
      failure: {
        class: 'crash',
        reason: 'the trainer was ended by SIGABRT',
        log: expect.stringContaining('last words') as string,
      },
    });
  });

  test('out of memory, by the words of the engine', async () => {
    const outcome = await fakeTrainer('runs out of memory').evaluate(individualOf(slow), control());
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { class: 'out-of-memory', reason: 'the trainer ended with code 134' },
    });
  });

  test.each(['hangs', 'hangs after the filesystem'])(
    'one that %s is ended by the watchdog',
    async (behaviour) => {
      const started = performance.now();
      const outcome = await fakeTrainer(behaviour, 0.3).evaluate(individualOf(slow), control());
      expect(outcome).toMatchObject({
        kind: 'failed',
        failure: { class: 'timeout', reason: 'no step for 0.3 s' },
      });
      expect(performance.now() - started).toBeGreaterThan(290);
    },
  );

  test('one that waits for the filesystem is not', async () => {
    const outcome = await fakeTrainer('waits for the filesystem', 0.3).evaluate(
      individualOf(slow),
      control(),
    );
    expect(outcome.kind).toBe('evaluated');
  });

  test.each([
    ['crash', 2],
    ['out-of-memory', 2],
    ['over-limit', 1],
  ])(
    'two of class %s have %i processes: TensorFlow.js keeps tensors of a step that failed',
    async (kind, count) => {
      const trainer = fakeTrainer(kind);
      const pids = new Set<string>();
      for (let i = 0; i < 2; i++) {
        const outcome = await trainer.evaluate(individualOf(slow), control());
        if (outcome.kind === 'failed') pids.add(outcome.failure.reason);
      }
      expect(pids.size).toBe(count);
    },
  );

  test('a process that died between two individuals costs neither', async () => {
    const trainer = fakeTrainer('dies after each');
    const pids = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const outcome = await trainer.evaluate(individualOf(slow), control());
      if (outcome.kind === 'evaluated') pids.add(outcome.result.backend);
    }
    expect(pids.size).toBe(3);
  });

  test('one that never comes to train is an error of the trainer', async () => {
    await expect(fakeTrainer('dies before it hears').evaluate(individualOf(slow), control())).rejects.toThrow(
      'the trainer ends before it trains',
    );
    const dead = fakeTrainer('dies at once').evaluate(individualOf(slow), control());
    await expect(dead).rejects.toThrow(/^the trainer ended with code 7 as it started\ncannot begin/);
    await expect(dead).rejects.toMatchObject({ name: 'TrainerError', kind: 'crash' });
  });

  test('a full disk is an error of the population, not of the individual', async () => {
    const full = fakeTrainer('finds the disk full').evaluate(individualOf(slow), control());
    await expect(full).rejects.toThrow(new PopulationError('UNFIT', 'the disk is full'));
    await expect(full).rejects.toMatchObject({ code: 'UNFIT' });
  });

  test('data that cannot be used are named', async () => {
    const directory = temporaryFolder();
    const missing = trainerOf({ data: { source: 'cifar10', directory } }).ready();
    await expect(missing).rejects.toThrow(directory);
    await expect(missing).rejects.toMatchObject({ name: 'TrainerError', kind: 'data' });
    writeFileSync(join(directory, 'train-images-idx3-ubyte'), 'cut short');
    const cut = trainerOf({ data: { source: 'mnist', directory } }).ready();
    await expect(cut).rejects.toThrow('train-images-idx3-ubyte');
    await expect(trainerOf({ data: { ...stripes, sauce: 1 } }).ready()).rejects.toThrow('sauce');
  });

  test('data that are away for a while are no reason to stay away', async () => {
    vi.stubEnv('NODE_OPTIONS', `--import ${join(import.meta.dirname, 'fixtures/failing-mount.mjs')}`);
    const trainer = trainerOf({ data: { source: 'packed', file: join(temporaryFolder(), 'away.gpack') } });
    const ready = trainer.ready();
    vi.unstubAllEnvs();
    await expect(ready).rejects.toThrow('away.gpack: expected a packed data set that can be read, found EIO');
    await expect(ready).rejects.toMatchObject({ name: 'TrainerError', kind: 'crash' });
  });

  test('a back end that was asked for and is not there', async () => {
    const trainer = trainerOf({ backend: 'tfjs-node-gpu' });
    await expect(trainer.ready()).rejects.toMatchObject({
      kind: 'backend',
      message: expect.stringContaining('tfjs-node-gpu: ') as string,
    });
  });

  test('bad data leave the process as it was', async () => {
    const trainer = trainerOf({ training: { steps: 1 } });
    await trainer.ready();
    const pid = childPid();
    const outcome = await trainer.evaluate(individualOf('{}'), control());
    expect(outcome).toMatchObject({ kind: 'failed', failure: { class: 'bad-data' } });
    const next = individualOf(slow);
    expect((await trainer.evaluate(next, control())).kind).toBe('evaluated');
    expect(outputOf(next, 'curve.jsonl').length).toBeGreaterThan(0);
    expect(childPid()).toBe(pid);
  });
});
