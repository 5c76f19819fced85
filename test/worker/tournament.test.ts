import { inheritsWeights } from '@galapagos/dna';
import type { Birth, Filesystem, Population } from '@galapagos/population';
import type { WorkerEvent } from '@galapagos/worker';
import { describe, expect, test } from 'vitest';
import { bitStringTrainer } from '../support/bit-string-trainer.js';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { chiSquareP, tally } from '../support/statistics.js';
import { populationInMemory, runAlone, runHere } from './harness.js';
import { memoryFilesystem } from './memory-filesystem.js';

/** The tournaments of a lone worker, replayed from its events: who lived at each, oldest first, and who was drawn. */
function replay(events: readonly WorkerEvent[]) {
  const alive = new Map<string, number>();
  const tournaments: { living: [id: string, fitness: number][]; killed: string; by: string }[] = [];
  for (const event of events) {
    if (event.event === 'published') alive.set(event.id, event.fitness);
    if (event.event !== 'killed') continue;
    tournaments.push({ living: [...alive], killed: event.id, by: event.by });
    alive.delete(event.id);
  }
  return tournaments;
}

describe('a tournament', () => {
  test('draws every two of the living equally often, and kills the less fit', async () => {
    const { events } = await runAlone({ populationSize: 5, bounds: { individuals: 605 } });
    const tournaments = replay(events);
    expect(tournaments).toHaveLength(600);
    const pairs = tournaments.map(({ living, killed, by }) => {
      const ranked = living.toSorted((a, b) => b[1] - a[1]).map(([id]) => id);
      const [better, worse] = [ranked.indexOf(by), ranked.indexOf(killed)];
      expect(ranked).toHaveLength(5);
      expect(new Map(living).get(by)).toBeGreaterThanOrEqual(new Map(living).get(killed) ?? NaN);
      return [better, worse].sort().join();
    });
    const expected = ['0,1', '0,2', '0,3', '0,4', '1,2', '1,3', '1,4', '2,3', '2,4', '3,4'];
    expect(chiSquareP(tally(expected, pairs))).toBeGreaterThan(0.001);
  });

  test('of two that are equally fit kills either, and takes neither for its age or its name', async () => {
    const experiment = { populationSize: 4, bounds: { individuals: 604 } };
    const { events } = await runAlone(experiment, ({ filesystem }) => ({
      evaluate: async (request, control) => {
        const outcome = await bitStringTrainer({ filesystem })(request, control);
        return outcome.kind === 'evaluated'
          ? { ...outcome, result: { ...outcome.result, fitness: 0.5 } }
          : outcome;
      },
    }));
    const drawn = replay(events).map(({ living, killed, by }) => {
      const ages = living.map(([id]) => id);
      return `${ages.indexOf(killed)},${ages.indexOf(by)}`;
    });
    const ordered = [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].flatMap((b) => (a === b ? [] : `${a},${b}`)));
    expect(chiSquareP(tally(ordered, drawn))).toBeGreaterThan(0.001);
  });

  test('kills nobody below the set point, and makes first individuals while fewer than two live', async () => {
    const { events, population } = await runAlone({ populationSize: 6, bounds: { individuals: 9 } });
    const births = events.filter((event) => event.event === 'born');
    expect(births.map(({ parent }) => parent === undefined)).toEqual([
      true,
      true,
      ...Array<boolean>(7).fill(false),
    ]);
    // By then the set point is reached, and every birth after it costs a life.
    const order = events.flatMap(({ event }) => (event === 'born' || event === 'killed' ? event : []));
    expect(order).toEqual([
      ...Array<string>(6).fill('born'),
      'killed',
      'born',
      'killed',
      'born',
      'killed',
      'born',
    ]);
    expect(await population.living()).toMatchObject({ size: 6, training: [] });
  });

  test('repeats itself, name for name, for one seed; another seed goes another way', async () => {
    const names = async (seed: string) => {
      const { population } = await runAlone({ populationSize: 5, seed, bounds: { individuals: 60 } });
      return (await population.alive()).map(({ id, fitness }) => `${id} ${fitness}`).sort();
    };
    const first = await names('one');
    expect(await names('one')).toEqual(first);
    expect(await names('two')).not.toEqual(first);
  });
});

describe('a child', () => {
  test('inherits exactly the weights that its parent was published with; after RESET-WEIGHTS none', async () => {
    const published = new Map<string, string>();
    const counts = { inherited: 0, reset: 0, first: 0 };
    await runAlone({ populationSize: 10, bounds: { individuals: 300 } }, ({ filesystem }) => ({
      evaluate: async (request, control) => {
        const read = async (file: string) => new TextDecoder().decode(await filesystem.read(file));
        const birth = JSON.parse(await read(`${request.individual}/birth.json`)) as Birth;
        const kind =
          birth.parent === null ? 'first' : inheritsWeights(birth.mutations) ? 'inherited' : 'reset';
        counts[kind]++;
        const names = await filesystem.list(request.individual);
        expect(names.includes('inherited.safetensors')).toBe(kind === 'inherited');
        if (birth.parent !== null && kind === 'inherited') {
          const inherited = await read(`${request.individual}/inherited.safetensors`);
          expect(inherited).toBe(published.get(birth.parent.id));
        }
        const outcome = await bitStringTrainer({ filesystem })(request, control);
        published.set(request.id, await read(`${request.output}/weights.safetensors`));
        return outcome;
      },
    }));
    expect(counts.first).toBe(2);
    // One of eleven mutations: 298 / 11 = 27, four standard deviations are 20.
    expect(counts.reset).toBeGreaterThan(7);
    expect(counts.reset).toBeLessThan(47);
    expect(counts.inherited + counts.reset).toBe(298);
  });

  test('has a seed of its experiment, its id and its attempt', async () => {
    const seeds: string[] = [];
    await runAlone(
      { populationSize: 2, seed: 'of this search', bounds: { individuals: 2 } },
      ({ filesystem }) => ({
        evaluate: (request, control) => {
          seeds.push(request.seed);
          return bitStringTrainer({ filesystem })(request, control);
        },
      }),
    );
    expect(seeds).toEqual(['14:of this search|4:w1-1|1:1', '14:of this search|4:w1-2|1:1']);
  });

  test('is discarded, and nobody killed for it, when its worker is told to leave meanwhile', async () => {
    const faulty = new FaultyFilesystem(memoryFilesystem());
    const population = await populationInMemory({ populationSize: 3 }, faulty);
    const { worker, finished, eventsOf } = runHere(population);
    // The fourth child, the first that would cost a life, is being prepared.
    faulty.before({ operation: 'write', path: /staging\/w1-4\/birth/ }, () =>
      Promise.resolve(worker.leave()),
    );
    expect(await finished).toBe('asked');
    expect(eventsOf('born')).toHaveLength(3);
    expect(eventsOf('killed')).toEqual([]);
    expect(await population.living()).toMatchObject({ size: 3, training: [] });
    expect(await population.list('workers/w1/staging')).toEqual([]);
  });
});

test('whoever loses the race for the worse, or for the parent, discards its child and draws again', async () => {
  const memory = memoryFilesystem();
  let races = 0;
  // Another worker, played by the filesystem, is faster in every third race.
  const racing: Filesystem = {
    ...memory,
    rename: async (from, to) => {
      if (to.includes('/dead/') && ++races % 3 === 0) await memory.rename(from, `${to}other`);
      await memory.rename(from, to);
    },
  };
  const population = await populationInMemory({ populationSize: 4, bounds: { individuals: 60 } }, racing);
  const here = runHere(population);
  expect(await here.finished).toBe('budget');
  expect(races).toBeGreaterThan(50);
  expect(here.eventsOf('lost-race')).toHaveLength(Math.floor(races / 3));
  expect(here.eventsOf('killed')).toHaveLength(races - Math.floor(races / 3));
  expect(await population.living()).toMatchObject({ size: 4, training: [] });
  expect(await population.list('workers/w1/staging')).toEqual([]);
  expect(await population.list('workers/w1/trash')).toEqual([]);
});

test('a worker goes on where the DNA of one that is drawn was spoilt, and tells of it', async () => {
  const population = await populationInMemory({ populationSize: 4, bounds: { individuals: 40 } });
  const here = runHere(population, {
    onEvent: (event) => {
      if (event.event !== 'published' || event.id !== 'w1-3') return;
      void spoil(population);
    },
  });
  expect(await here.finished).toBe('budget');
  const [unreadable] = here.eventsOf('unreadable');
  expect(unreadable?.reason).toContain('not JSON');
  expect(here.eventsOf('born').length).toBe(40);
});

test.each([
  ['a directory', (population: Population, file: string) => population.filesystem.makeDirectory(file)],
  ['gigabytes', (population: Population, file: string) => population.filesystem.write(file, ' '.repeat(2e7))],
])('a worker goes on where %s lies in the place of the DNA of the fittest', async (_what, put) => {
  const population = await populationInMemory({ populationSize: 4, bounds: { individuals: 40 } });
  const { filesystem, root } = population;
  const folder = `${root}/alive/1.000000~w9-1~1`;
  await filesystem.makeDirectory(folder);
  await put(population, `${folder}/dna.json`);
  const here = runHere(population);
  expect(await here.finished).toBe('budget');
  expect(here.eventsOf('unreadable')[0]).toMatchObject({ id: 'w9-1' });
  expect(here.eventsOf('born').length).toBe(40);
});

test('a worker goes on where a file has the name of one of the living, though nobody is fitter', async () => {
  const population = await populationInMemory({ populationSize: 4, bounds: { individuals: 40 } });
  await population.filesystem.write(`${population.root}/alive/1.000000~w9-1~1`, '');
  const here = runHere(population);
  expect(await here.finished).toBe('budget');
  expect(here.eventsOf('unreadable')[0]).toMatchObject({
    id: 'w9-1',
    reason: expect.stringContaining('no DNA') as string,
  });
  expect(here.eventsOf('born').length).toBe(40);
});

test('a worker kills and leaves alone what is a file among the living', async () => {
  const population = await populationInMemory({ populationSize: 4, bounds: { individuals: 40 } });
  await population.filesystem.write(`${population.root}/alive/0.000000~w9-1~1`, '');
  const here = runHere(population);
  expect(await here.finished).toBe('budget');
  expect(here.eventsOf('killed').map(({ id }) => id)).toContain('w9-1');
  // Not w1: somebody's folder was removed, and names that are in use are not given again.
  expect(await population.list('workers/w10/trash')).toEqual(['w9-1~1']);
});

/** Cuts short the DNA of one of the living. */
async function spoil({ filesystem, root }: Population): Promise<void> {
  const [name = ''] = await filesystem.list(`${root}/alive`);
  await filesystem.write(`${root}/alive/${name}/dna.json`, '{ "format": 1,');
}
