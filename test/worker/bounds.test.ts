import { SeededRandom } from '@galapagos/dna';
import {
  Population,
  giveOrder,
  readTotals,
  sumTotals,
  systemClock,
  workerNames,
} from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { bitStringTrainer } from '../support/bit-string-trainer.js';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { eventually } from '../support/processes.js';
import { populationInMemory, runAlone, runHere } from './harness.js';
import { memoryFilesystem } from './memory-filesystem.js';

/** In which the second worker counts its beats. */
const BEAT_OF_SECOND = '/experiment/workers/w2/beat';

async function totalsOf(population: Population) {
  const names = await workerNames(population);
  return sumTotals(await Promise.all(names.map((name) => readTotals(population, name))));
}

describe('a budget', () => {
  test('of individuals is exceeded by one per worker at most, and used up by all together', async () => {
    const population = await populationInMemory({ populationSize: 12, bounds: { individuals: 100 } });
    const workers = Array.from({ length: 4 }, () => runHere(population));
    for (const { finished } of workers) expect(await finished).toBe('budget');
    const { births } = await totalsOf(population);
    expect(births).toBeGreaterThanOrEqual(100);
    expect(births).toBeLessThanOrEqual(100 + 4 - 1);
    expect(workers.flatMap(({ eventsOf }) => eventsOf('born'))).toHaveLength(births);
    // A worker that comes later finds it used up.
    const late = runHere(population);
    expect(await late.finished).toBe('budget');
    expect(late.eventsOf('born')).toEqual([]);
    // More is given by an order.
    await giveOrder(population, {
      order: 'settings',
      bounds: { ...population.experiment.bounds, individuals: births + 5 },
    });
    const more = runHere(population);
    await more.finished;
    expect(more.eventsOf('born')).toHaveLength(5);
  });

  test('of seconds is exceeded by one training per worker at most', async () => {
    const population = await populationInMemory({ populationSize: 6, bounds: { workerSeconds: 0.6 } });
    const { filesystem } = population;
    const workers = [1, 2].map(() =>
      runHere(population, { evaluate: bitStringTrainer({ filesystem, steps: 5, stepMs: 4 }) }),
    );
    for (const { finished } of workers) expect(await finished).toBe('budget');
    const trainings = workers.flatMap(({ eventsOf }) => eventsOf('published').map(({ seconds }) => seconds));
    const { seconds } = await totalsOf(population);
    expect(seconds).toBeCloseTo(
      trainings.reduce((sum, one) => sum + one, 0),
      6,
    );
    expect(seconds).toBeGreaterThanOrEqual(0.6);
    expect(seconds).toBeLessThanOrEqual(0.6 + 2 * Math.max(...trainings));
  });

  test('of operations ends the search too', async () => {
    // The bit-string trainer counts one operation for each step.
    const { reason, population } = await runAlone(
      { populationSize: 4, bounds: { flops: 30 } },
      ({ filesystem }) => ({
        evaluate: bitStringTrainer({ filesystem, steps: 3 }),
      }),
    );
    expect(reason).toBe('budget');
    expect(await totalsOf(population)).toMatchObject({ flops: 30, births: 10, published: 10 });
  });

  test('of fitness ends the search once one of the living has it', async () => {
    const { population, reason, eventsOf } = await runAlone({
      populationSize: 6,
      bounds: { targetFitness: 0.3 },
    });
    expect(reason).toBe('budget');
    const fitnesses = eventsOf('published').map(({ fitness }) => fitness);
    expect(fitnesses.findIndex((fitness) => fitness >= 0.3)).toBe(fitnesses.length - 1);
    const late = runHere(population);
    expect(await late.finished).toBe('budget');
    expect(late.eventsOf('born')).toEqual([]);
  });

  test('of patience ends a search in which nobody fitter was born, whoever saw the last one', async () => {
    const population = await populationInMemory({ populationSize: 6, bounds: { patience: 8 } });
    const workers = Array.from({ length: 3 }, () => runHere(population));
    for (const { finished } of workers) expect(await finished).toBe('budget');
    const { births, improvement } = await totalsOf(population);
    const best = Math.max(
      ...workers.flatMap(({ eventsOf }) => eventsOf('published')).map(({ fitness }) => fitness),
    );
    // Names have six digits of it.
    expect(improvement?.fitness).toBeCloseTo(best, 6);
    const inVain = births - (improvement?.births ?? 0);
    expect(inVain).toBeGreaterThanOrEqual(8);
    expect(inVain).toBeLessThanOrEqual(8 + 3 - 1);
    // With more of it the search goes on.
    await giveOrder(population, { order: 'settings', bounds: { patience: inVain + 5 } });
    const more = runHere(population);
    expect(await more.finished).toBe('budget');
    expect(more.eventsOf('born').length).toBeGreaterThanOrEqual(5);
  });

  test('of wall clock counts from the start of the first worker, for those that come later too', async () => {
    let now = Date.parse('2020-01-01');
    const clock = { ...systemClock, now: () => new Date(now) };
    const { filesystem, root } = await populationInMemory({
      populationSize: 4,
      bounds: { wallSeconds: 3600 },
    });
    const population = await Population.open(root, { filesystem, clock, random: new SeededRandom('waits') });
    const first = runHere(population);
    await eventually(() => first.eventsOf('born').length > 3);
    now += 3599_000;
    const second = runHere(population);
    await eventually(() => second.eventsOf('born').length > 3);
    now += 1000;
    for (const { finished } of [first, second]) expect(await finished).toBe('budget');
    const late = runHere(population);
    expect(await late.finished).toBe('budget');
    expect(late.eventsOf('born')).toEqual([]);
  });

  test('counts what a training has spent while it is still under way', async () => {
    const population = await populationInMemory({ populationSize: 4 });
    const { worker, finished } = runHere(population, {
      evaluate: bitStringTrainer({ filesystem: population.filesystem, steps: 1000, stepMs: 10 }),
    });
    // Nobody but the file would know, were the worker killed now.
    const written = await eventually(async () => {
      const totals = await readTotals(population, 'w1');
      return totals.flops > 0 ? totals : undefined;
    });
    expect(written.seconds).toBeGreaterThan(1.9);
    worker.leave();
    await finished;
    expect((await readTotals(population, 'w1')).flops).toBeGreaterThan(written.flops);
  });
});

test('a training does not end in vain since its costs could not be written down for a moment', async () => {
  const faulty = new FaultyFilesystem(memoryFilesystem());
  const population = await populationInMemory({ populationSize: 4, bounds: { individuals: 1 } }, faulty);
  const { finished, eventsOf } = runHere(population, {
    evaluate: bitStringTrainer({ filesystem: faulty, steps: 450, stepMs: 10 }),
  });
  await eventually(() => eventsOf('progress').length > 0);
  // The first try, and the one that makes sure.
  faulty.fail({ operation: 'write', path: /totals/ }, 'EIO');
  faulty.fail({ operation: 'write', path: /totals/ }, 'EIO');
  expect(await finished).toBe('budget');
  expect(eventsOf('published')).toHaveLength(1);
  expect((await readTotals(population, 'w1')).flops).toBe(450);
});

describe('an order', () => {
  test('to stop ends those that work; those that come later do not mind it', async () => {
    const population = await populationInMemory({ populationSize: 4, bounds: { leaseSeconds: 0.5 } });
    const first = runHere(population);
    await eventually(() => first.eventsOf('killed').length > 3);
    await giveOrder(population, { order: 'stop' });
    expect(await first.finished).toBe('stopped');
    expect(first.events.at(-1)).toEqual({ event: 'left' });
    // What it held, if anything, it gave back; the next one goes on with it.
    const left = (await population.training()).map(({ id }) => id);
    expect(first.eventsOf('handed-back').map(({ id }) => id)).toEqual(left);
    const second = runHere(population);
    await eventually(() => second.eventsOf('killed').length > 3);
    expect(second.eventsOf('adopted').map(({ id }) => id)).toEqual(left);
    second.worker.leave();
    expect(await second.finished).toBe('asked');
  });

  test('to pause lets trainings end and begins nothing, for newcomers too, until resume', async () => {
    const population = await populationInMemory({ populationSize: 4, bounds: { leaseSeconds: 0.5 } });
    const first = runHere(population);
    await eventually(() => first.eventsOf('killed').length > 3);
    await giveOrder(population, { order: 'pause' });
    // Two readings of the orders apart, nothing has happened.
    let births = -1;
    await eventually(
      () => {
        const now = first.eventsOf('born').length;
        const still = now === births;
        births = now;
        return still;
      },
      10_000,
      300,
    );
    expect(await population.training()).toEqual([]);
    const newcomer = runHere(population);
    await eventually(() => newcomer.eventsOf('joined').length > 0);
    // Several beats later; a turn takes milliseconds.
    const beat = async () =>
      Number(new TextDecoder().decode(await population.filesystem.read(BEAT_OF_SECOND)));
    await eventually(async () => (await beat()) > 4);
    expect(newcomer.eventsOf('born')).toEqual([]);
    expect(first.eventsOf('born')).toHaveLength(births);
    await giveOrder(population, { order: 'resume' });
    await eventually(() => first.eventsOf('born').length > births && newcomer.eventsOf('born').length > 0);
    for (const { worker, finished } of [first, newcomer]) {
      worker.leave();
      await finished;
    }
  });

  test('to stop reaches a worker that is paused', async () => {
    const population = await populationInMemory({ populationSize: 4, bounds: { leaseSeconds: 0.5 } });
    await giveOrder(population, { order: 'pause' });
    const paused = runHere(population);
    await eventually(() => paused.eventsOf('joined').length > 0);
    await giveOrder(population, { order: 'stop' });
    expect(await paused.finished).toBe('stopped');
    expect(paused.eventsOf('born')).toEqual([]);
  });
});
