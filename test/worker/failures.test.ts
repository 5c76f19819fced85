import { type Population, readBeat } from '@galapagos/population';
import { expect, test } from 'vitest';
import { bitStringTrainer } from '../support/bit-string-trainer.js';
import { collected } from '../support/collected.js';
import { failing, populationInMemory, runAlone, runHere } from './harness.js';

/** The records of those that were buried, by id. */
async function buried(population: Population) {
  const records = new Map<string, string>();
  for (const { id, failure } of await collected(population)) {
    if (failure !== undefined) records.set(id, `${failure.class}: ${failure.reason}, ${failure.log}`);
  }
  return records;
}

test('a training that crashes is tried once more, from scratch and with another seed; then it is buried', async () => {
  const trainings: string[] = [];
  const run = await runAlone({ populationSize: 4, bounds: { individuals: 8 } }, (population) => ({
    evaluate: failing(population, ({ id, attempt, seed, resume }) => {
      trainings.push(`${id} ${attempt}`);
      expect(seed).toContain(`${id}|1:${attempt}`);
      expect(resume).toBeUndefined();
      // The third never succeeds, the sixth does when it is tried again.
      return id === 'w1-3' || (id === 'w1-6' && attempt === 1) ? 'crash' : undefined;
    }),
  }));
  expect(trainings.filter((training) => /w1-[36] /.test(training))).toEqual([
    'w1-3 1',
    'w1-3 2',
    'w1-6 1',
    'w1-6 2',
  ]);
  expect(await buried(run.population)).toEqual(
    new Map([['w1-3', 'crash: as the test wants, the last line']]),
  );
  expect(run.eventsOf('published').map(({ id }) => id)).toContain('w1-6');
  expect(run.eventsOf('failed').map(({ id, attempt }) => `${id} ${attempt}`)).toEqual([
    'w1-3 1',
    'w1-3 2',
    'w1-6 1',
  ]);
  expect(await run.population.living()).toMatchObject({ size: 4, training: [] });
});

test('what is over a limit is buried at once, and says nothing against the machine', async () => {
  const trainings: string[] = [];
  const run = await runAlone({ populationSize: 4, bounds: { individuals: 20 } }, (population) => ({
    evaluate: failing(population, ({ id, attempt }) => {
      trainings.push(`${id} ${attempt}`);
      return Number(id.split('-')[1]) > 4 ? 'over-limit' : undefined;
    }),
  }));
  expect(run.reason).toBe('budget');
  expect(new Set(trainings).size).toBe(20);
  expect(trainings.every((training) => training.endsWith(' 1'))).toBe(true);
  expect((await buried(run.population)).size).toBe(16);
});

test('five failures in a row end the worker; the child in its hands is left to another, without blame', async () => {
  const run = await runAlone({ populationSize: 10 }, (population) => ({
    evaluate: failing(population, ({ id }) => (Number(id.split('-')[1]) > 4 ? 'out-of-memory' : undefined)),
  }));
  expect(run.reason).toBe('failure-limit');
  expect(run.eventsOf('failed')).toHaveLength(5);
  expect(run.eventsOf('buried').map(({ id }) => id)).toEqual(['w1-5', 'w1-6']);
  expect(run.eventsOf('handed-back').map(({ id }) => id)).toEqual(['w1-7']);
  const [left] = await run.population.training();
  expect(left).toMatchObject({ id: 'w1-7', tenure: 1, worker: 'w1' });
  expect(await run.population.list('training/w1-7~1~w1/1')).toContain('handed-back');
});

test('a success in between sets the count of failures to zero', async () => {
  let trainings = 0;
  const run = await runAlone({ populationSize: 4, bounds: { individuals: 30 } }, (population) => ({
    evaluate: failing(population, () => (++trainings % 5 === 0 ? undefined : 'timeout')),
  }));
  expect(run.eventsOf('failed').length).toBeGreaterThan(20);
  expect(run.reason).toBe('budget');
});

test('an individual that diverged lives with fitness 0, whatever the trainer says, and loses', async () => {
  const run = await runAlone({ populationSize: 4, bounds: { individuals: 40 } }, ({ filesystem }) => ({
    evaluate: async (request, control) => {
      const outcome = await bitStringTrainer({ filesystem })(request, control);
      if (outcome.kind !== 'evaluated' || request.id !== 'w1-3') return outcome;
      return { ...outcome, result: { ...outcome.result, fitness: NaN, diverged: true } };
    },
  }));
  expect(run.eventsOf('published')).toContainEqual(expect.objectContaining({ id: 'w1-3', fitness: 0 }));
  expect(run.eventsOf('killed')).toContainEqual(expect.objectContaining({ id: 'w1-3', fitness: 0 }));
  for (const { id, evaluation } of await collected(run.population)) {
    if (id === 'w1-3') expect(evaluation).toMatchObject({ fitness: 0, diverged: true });
  }
});

test.each([NaN, 1.5, -0.1])(
  'a fitness of %d is a failure of the trainer, not a name in the population',
  async (fitness) => {
    const run = await runAlone({ populationSize: 4, bounds: { individuals: 6 } }, ({ filesystem }) => ({
      evaluate: async (request, control) => {
        const outcome = await bitStringTrainer({ filesystem })(request, control);
        if (outcome.kind !== 'evaluated' || request.id !== 'w1-3') return outcome;
        return { ...outcome, result: { ...outcome.result, fitness } };
      },
    }));
    expect((await buried(run.population)).get('w1-3')).toContain(`the trainer gave fitness ${fitness}`);
    expect(await run.population.list('alive')).toHaveLength(4);
  },
);

test('a trainer that throws can train nothing: the worker ends with its error, the child is left without blame', async () => {
  const population = await populationInMemory({ populationSize: 4 });
  const trainer = bitStringTrainer({ filesystem: population.filesystem });
  const { finished, eventsOf } = runHere(population, {
    evaluate: (request, control) => {
      if (request.id === 'w1-3') throw new Error('no data here');
      return trainer(request, control);
    },
  });
  await expect(finished).rejects.toThrow('no data here');
  expect(await population.training()).toMatchObject([{ id: 'w1-3', tenure: 1 }]);
  expect(await population.list('training/w1-3~1~w1/1')).toContain('handed-back');
  expect(eventsOf('broken')).toMatchObject([{ reason: 'Error: no data here' }]);
  // Nobody has to wait for its lease.
  expect(await readBeat(population, 'w1')).toBe('left');
});
