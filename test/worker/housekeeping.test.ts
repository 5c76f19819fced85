import { type Filesystem, Membership, giveOrder, unknowingHost } from '@galapagos/population';
import type { Outcome } from '@galapagos/worker';
import { describe, expect, test } from 'vitest';
import { collected } from '../support/collected.js';
import { bitStringTrainer } from '../support/bit-string-trainer.js';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { eventually } from '../support/processes.js';
import { type WorkerHere, populationInMemory, runAlone, runHere } from './harness.js';
import { memoryFilesystem } from './memory-filesystem.js';

describe('an orphan', () => {
  test('is the next turn’s work: it comes before any tournament, and before the end by a budget', async () => {
    const population = await populationInMemory({ populationSize: 4, bounds: { individuals: 5 } });
    const { filesystem } = population;
    const first = runHere(population, { evaluate: bitStringTrainer({ filesystem, steps: 500, stepMs: 2 }) });
    await eventually(() => first.eventsOf('progress').length > 3);
    first.worker.leave();
    await first.finished;
    const second = runHere(population, { evaluate: bitStringTrainer({ filesystem, steps: 500 }) });
    expect(await second.finished).toBe('budget');
    expect(second.events.slice(0, 3)).toMatchObject([
      { event: 'joined' },
      { event: 'adopted', id: 'w1-1', tenure: 2, from: 'w1', continuation: 'resume' },
      { event: 'progress', id: 'w1-1' },
    ]);
    expect(second.eventsOf('born')).toHaveLength(4);
  });

  test('under one’s own name, whose admission was carried out but never answered, is adopted', async () => {
    const memory = memoryFilesystem();
    let admission: [from: string, to: string] | undefined;
    // The server says that it failed, and carries it out before anything else.
    const late: Filesystem = {
      ...memory,
      rename: async (from, to) => {
        if (to.endsWith('training/w1-3~1~w1')) {
          admission = [from, to];
          throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
        }
        if (admission !== undefined) await memory.rename(...admission);
        admission = undefined;
        await memory.rename(from, to);
      },
    };
    const population = await populationInMemory({ populationSize: 4, bounds: { individuals: 8 } }, late);
    const { finished, eventsOf } = runHere(population);
    expect(await finished).toBe('budget');
    expect(eventsOf('adopted')).toMatchObject([
      { id: 'w1-3', tenure: 2, from: 'w1', continuation: 'scratch' },
    ]);
    expect(eventsOf('published').filter(({ id }) => id === 'w1-3')).toHaveLength(1);
    expect(await population.living()).toMatchObject({ size: 4, training: [] });
  });

  test('with an evaluation is only published', async () => {
    const faulty = new FaultyFilesystem(memoryFilesystem());
    const population = await populationInMemory({ populationSize: 4, bounds: { individuals: 4 } }, faulty);
    // The worker dies as it publishes its third.
    faulty.fail({ operation: 'rename', path: /alive\/.*w1-3/ }, 'EROFS');
    const first = runHere(population);
    await expect(first.finished).rejects.toThrow('read-only');
    const evaluated = new TextDecoder().decode(
      await faulty.read('/experiment/training/w1-3~1~w1/1/evaluation.json'),
    );
    // It could not even say so; its host would know that its process is gone.
    const host = { ...unknowingHost, isGone: () => Promise.resolve(true) };
    const trained: string[] = [];
    const second = runHere(population, {
      host,
      evaluate: (request, control) => {
        trained.push(request.id);
        return bitStringTrainer({ filesystem: faulty })(request, control);
      },
    });
    await second.finished;
    expect(second.eventsOf('adopted')).toMatchObject([{ id: 'w1-3', continuation: 'evaluated' }]);
    expect(trained).not.toContain('w1-3');
    const { fitness } = JSON.parse(evaluated) as { fitness: number };
    expect(second.eventsOf('published')).toContainEqual({
      event: 'published',
      id: 'w1-3',
      fitness,
      seconds: 0,
    });
  });

  test('of three workers in a row that ended without a step is buried as their killer', async () => {
    const population = await populationInMemory({ populationSize: 3, bounds: { individuals: 3 } });
    const { filesystem } = population;
    const trainer = bitStringTrainer({ filesystem });
    const killed: WorkerHere[] = [];
    for (const name of ['w1', 'w2', 'w3']) {
      const one = runHere(population, {
        evaluate: (request, control) =>
          request.id === 'w1-3' ? untilAbandoned(control.abandon) : trainer(request, control),
      });
      killed.push(one);
      await eventually(async () =>
        (await population.training()).some(({ id, worker }) => id === 'w1-3' && worker === name),
      );
      // As though it were gone, without a word of its own.
      await filesystem.write(`/experiment/workers/${name}/beat`, 'left\n');
    }
    const last = runHere(population);
    expect(await last.finished).toBe('budget');
    expect(last.eventsOf('buried')).toMatchObject([{ id: 'w1-3', class: 'killer' }]);
    for (const { worker, finished } of killed) {
      worker.leaveNow();
      await finished;
    }
  });
});

/** A training that makes no step, as one that takes its worker's machine down. */
async function untilAbandoned(abandon: AbortSignal): Promise<Outcome> {
  await new Promise((resolve) => abandon.addEventListener('abort', resolve));
  return { kind: 'taken-away', seconds: 0, flops: 0 };
}

describe('the dead', () => {
  test('are collected as they come, and all of them at the end', async () => {
    let most = 0;
    const { population, eventsOf } = await runAlone(
      { populationSize: 5, bounds: { individuals: 60 } },
      (of) => ({
        onEvent: ({ event }) => {
          if (event === 'killed') void of.dead().then(({ length }) => (most = Math.max(most, length)));
        },
      }),
    );
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(9);
    expect(await population.dead()).toEqual([]);
    expect(await population.list('workers/w1/trash')).toEqual([]);
    expect(await collected(population)).toHaveLength(55);
    expect(eventsOf('collected').reduce((sum, { count }) => sum + count, 0)).toBe(55);
  });

  test('wait while another collects', async () => {
    const { population, eventsOf } = await runAlone(
      { populationSize: 5, bounds: { individuals: 60 } },
      () => ({
        politely: () => Promise.resolve(undefined),
      }),
    );
    expect(eventsOf('collected')).toEqual([]);
    expect(await population.dead()).toHaveLength(55);
  });
});

test('hundreds of dead are collected by everybody, whoever says that it is at it', async () => {
  const { population, eventsOf } = await runAlone(
    { populationSize: 5, bounds: { individuals: 805 } },
    () => ({ politely: () => Promise.resolve(undefined) }),
  );
  const left = (await population.dead()).length;
  expect(left).toBeLessThanOrEqual(512);
  expect(left).toBeGreaterThan(400);
  expect(eventsOf('collected').reduce((sum, { count }) => sum + count, 0)).toBe(800 - left);
  expect(await collected(population)).toHaveLength(800 - left);
});

test('of many dead some are collected at a time: who is asked to leave is not late, who ends a search leaves none', async () => {
  const nobodyCollects = { politely: () => Promise.resolve(undefined) };
  const { population } = await runAlone(
    { populationSize: 5, bounds: { individuals: 305 } },
    () => nobodyCollects,
  );
  expect(await population.dead()).toHaveLength(300);
  await giveOrder(population, { order: 'settings', bounds: { individuals: 310 } });
  const asked = runHere(population, {
    onEvent: ({ event }, worker) => {
      if (event === 'collected') worker.leave();
    },
  });
  expect(await asked.finished).toBe('asked');
  // As it begins, and as it leaves.
  expect(asked.eventsOf('collected')).toMatchObject([{ count: 64 }, { count: 64 }]);
  const last = runHere(population);
  expect(await last.finished).toBe('budget');
  expect(Math.max(...last.eventsOf('collected').map(({ count }) => count))).toBe(64);
  expect(await population.dead()).toEqual([]);
});

test('what a worker that is gone left in staging and trash is cleared away', async () => {
  const population = await populationInMemory({ populationSize: 4, bounds: { individuals: 10 } });
  const { filesystem } = population;
  const gone = await Membership.join(population, { host: unknowingHost, version: '', backend: '' });
  await filesystem.makeDirectory('/experiment/workers/w1/staging/w1-1');
  await filesystem.write('/experiment/workers/w1/staging/w1-1/dna.json', '{');
  await filesystem.makeDirectory('/experiment/workers/w1/trash/w1-2');
  await gone.leave();
  const { finished } = runHere(population);
  await finished;
  for (const place of ['w1/staging', 'w1/trash', 'w2/staging', 'w2/trash']) {
    expect(await population.list(`workers/${place}`)).toEqual([]);
  }
  expect(await population.list('workers')).toEqual(['w1', 'w2']);
});

test('what a worker that is gone had asked for before, and a server does later, is cleared away too', async () => {
  const population = await populationInMemory({ populationSize: 4, bounds: { leaseSeconds: 0.4 } });
  const { filesystem } = population;
  const litter = '/experiment/workers/w1/staging/w1-1';
  const gone = await Membership.join(population, { host: unknowingHost, version: '', backend: '' });
  await gone.leave();
  const here = runHere(population, { evaluate: bitStringTrainer({ filesystem, steps: 20, stepMs: 1 }) });
  for (let time = 0; time < 2; time++) {
    await filesystem.makeDirectory(litter);
    await eventually(async () => (await population.list('workers/w1/staging')).length === 0);
  }
  here.worker.leave();
  await here.finished;
});
