import { type Filesystem, PopulationError } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { bitStringTrainer } from '../support/bit-string-trainer.js';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { eventually } from '../support/processes.js';
import { populationInMemory, runHere } from './harness.js';
import { memoryFilesystem } from './memory-filesystem.js';

const beat = { operation: 'write', path: /w1\/beat$/ } as const;

/** A worker in whose hands an individual is, for as long as the test wants, with beats ten times a second. */
async function training(filesystem: Filesystem) {
  const population = await populationInMemory(
    { populationSize: 4, bounds: { leaseSeconds: 0.5 } },
    filesystem,
  );
  const evaluate = bitStringTrainer({ filesystem, steps: 10_000, stepMs: 5 });
  const here = runHere(population, { evaluate });
  await eventually(() => here.eventsOf('progress').length > 0);
  return { ...here, population };
}

describe('the heart of a worker', () => {
  test('beats while an individual is being trained', async () => {
    const memory = memoryFilesystem();
    const { worker, finished } = await training(memory);
    const count = async () =>
      Number(new TextDecoder().decode(await memory.read('/experiment/workers/w1/beat')));
    await eventually(async () => (await count()) >= 5);
    worker.leave();
    await finished;
    expect(await count()).toBeNaN();
  });

  test('ends the worker with a clear word when the directory refuses, though it trains; the child is intact', async () => {
    const faulty = new FaultyFilesystem(memoryFilesystem());
    const { finished, population, events } = await training(faulty);
    faulty.fail({ ...beat, lasting: true }, 'EROFS');
    // It fails long before anybody waits for it: were that unhandled, the process would end here.
    await expect(finished).rejects.toThrow(/EROFS|read-only/);
    expect(events.map(({ event }) => event)).not.toContain('left');
    expect(await population.training()).toMatchObject([{ id: 'w1-1', tenure: 1, worker: 'w1' }]);
  });

  test('waits for a filesystem that fails for a while', async () => {
    const faulty = new FaultyFilesystem(memoryFilesystem());
    const { finished, worker, eventsOf } = await training(faulty);
    faulty.fail(beat, 'EIO');
    faulty.fail({ operation: 'list', path: /control$/, nth: 4 }, 'ETIMEDOUT');
    await eventually(() => eventsOf('beat-failed').length === 2);
    const steps = eventsOf('progress').length;
    await eventually(() => eventsOf('progress').length > steps + 20);
    worker.leave();
    expect(await finished).toBe('asked');
  });

  test('looks again after a beat that hung, and gives up what another has adopted', async () => {
    const faulty = new FaultyFilesystem(memoryFilesystem());
    const { finished, worker, eventsOf, population } = await training(faulty);
    const release = faulty.hang(beat);
    await eventually(() => faulty.calls.at(-1)?.path.endsWith('w1/beat'));
    await faulty.rename('/experiment/training/w1-1~1~w1', '/experiment/training/w1-1~2~other');
    await population.clock.sleep(0.3);
    release();
    await eventually(() => eventsOf('taken-away').length > 0);
    expect(eventsOf('taken-away')).toEqual([{ event: 'taken-away', id: 'w1-1' }]);
    worker.leave();
    await finished;
    expect((await population.training()).filter(({ id }) => id === 'w1-1')).toMatchObject([
      { worker: 'other' },
    ]);
  });

  test('goes on after a beat that hung, where nobody has adopted its child', async () => {
    const faulty = new FaultyFilesystem(memoryFilesystem());
    const { finished, worker, eventsOf } = await training(faulty);
    const release = faulty.hang(beat);
    await eventually(() => faulty.calls.at(-1)?.path.endsWith('w1/beat'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const listings = () =>
      faulty.calls.filter(({ operation, path }) => operation === 'list' && path.endsWith('/training'));
    const before = listings().length;
    release();
    await eventually(() => listings().length > before);
    const steps = eventsOf('progress').length;
    await eventually(() => eventsOf('progress').length > steps + 20);
    worker.leave();
    await finished;
    expect(eventsOf('taken-away')).toEqual([]);
  });

  test('stops when the worker fails, and says nothing more', async () => {
    const faulty = new FaultyFilesystem(memoryFilesystem());
    const population = await populationInMemory({ populationSize: 4, bounds: { leaseSeconds: 0.5 } }, faulty);
    faulty.fail({ operation: 'write', path: /staging\/w1-5/, lasting: true }, 'EROFS');
    const { finished } = runHere(population);
    await expect(finished).rejects.toThrow(PopulationError);
    await expect(finished).rejects.toThrow('read-only');
    const calls = faulty.calls.length;
    await population.clock.sleep(0.3);
    expect(faulty.calls.length).toBe(calls);
  });
});
