import { type Dna, DnaError, coin, firstDna, integer, mutate } from '@galapagos/dna';
import {
  type AliveEntry,
  type Conception,
  type IndividualId,
  type Membership,
  type Population,
  PopulationError,
  type TrainingEntry,
  admit,
  conceive,
  discard,
  isFull,
  kill,
  readDna,
} from '@galapagos/population';
import { raise } from './growth.js';
import { type Shift, jitter } from './shift.js';

/** Seconds that a worker waits at most where there is nothing to do but to wait for others. */
const WAIT = 0.4;
/** Seconds that a loser waits at most before it starts again. */
const LOST = 0.02;

/**
 * One turn of the loop that every worker runs for ever (section 3.1): draw two, kill the worse if the population
 * is at its set point, let the better one reproduce, train the child.
 */
export async function tournament(shift: Shift): Promise<void> {
  const { population } = shift;
  const { populationSize } = population.experiment.search;
  const { alive, size } = await population.living();
  if (alive.length < 2) {
    if (size < populationSize) return await admitFirst(shift);
    shift.emit({ event: 'waiting', reason: 'fewer than two are alive' });
    return await jitter(shift, WAIT);
  }
  const { better, worse } = drawTwo(shift, alive);
  const child = await reproduce(shift, better);
  if (child === undefined) return await lose(shift, better.id);
  // Whoever is about to leave begins nothing: nobody is killed for a child that another would have to bring up.
  if (shift.exit.reason !== undefined) return await discard(shift.me, child.id);
  if (size >= populationSize && !(await kill(shift.me, worse))) {
    await discard(shift.me, child.id);
    return await lose(shift, worse.id);
  }
  if (size >= populationSize) {
    shift.me.totals.kills++;
    shift.emit({ event: 'killed', id: worse.id, fitness: worse.fitness, by: better.id });
  }
  await enter(shift, child);
}

/** Two, uniformly and without replacement; ordered by fitness, at random where it is equal. */
function drawTwo(
  { random, unreadable }: Shift,
  alive: readonly AliveEntry[],
): { better: AliveEntry; worse: AliveEntry } {
  const one = integer(random, alive.length);
  const other = integer(random, alive.length - 1);
  const [first, second] = [alive[one], alive[other < one ? other : other + 1]];
  if (first === undefined || second === undefined) throw new Error('a tournament needs two');
  const fitter = first.fitness === second.fitness ? coin(random) : first.fitness > second.fitness;
  // Whoever can be no parent loses, whatever its name says: it would win for ever.
  const firstWins =
    unreadable.has(first.id) === unreadable.has(second.id) ? fitter : unreadable.has(second.id);
  return firstWins ? { better: first, worse: second } : { better: second, worse: first };
}

/** A child that is complete in staging, and counted by nobody yet. */
interface Child {
  readonly id: IndividualId;
  readonly conception: Conception;
}

/** @returns Undefined when the parent vanished meanwhile. */
async function reproduce(shift: Shift, parent: AliveEntry): Promise<Child | undefined> {
  const { image, mutationsPerReproduction } = shift.population.experiment.search;
  const dna = await readParent(shift, parent);
  if (dna === undefined) return undefined;
  const mutated = mutate(dna, shift.random, { count: mutationsPerReproduction, image });
  const conception = { dna: mutated.dna, parent, mutations: mutated.drawn };
  const id = await conceive(shift.me, conception);
  return id === undefined ? undefined : { id, conception };
}

/** One whose DNA was spoilt is no parent; it loses from now on, so that its place is given to another. */
async function readParent(shift: Shift, parent: AliveEntry): Promise<Dna | undefined> {
  const { population, emit } = shift;
  const giveUp = (reason: string) => {
    shift.unreadable.add(parent.id);
    emit({ event: 'unreadable', id: parent.id, reason });
    return undefined;
  };
  try {
    const dna = await readDna(population, parent);
    if (dna !== undefined || !(await isListed(population, parent))) return dna;
    return giveUp('it has no DNA; galapagos fsck says more');
  } catch (error) {
    // A newer version's is whole: then it is we who must go.
    const isSpoilt = error instanceof DnaError && error.code !== 'DNA_NEWER';
    // A pipe, a directory, gigabytes in its place.
    const isOther = error instanceof PopulationError && error.code === 'INVALID';
    if (isSpoilt || isOther) return giveUp(error.message);
    throw error;
  }
}

/** One that still has its name has not died meanwhile. */
async function isListed(population: Population, { id }: AliveEntry): Promise<boolean> {
  return (await population.alive()).some((entry) => entry.id === id);
}

async function admitFirst(shift: Shift): Promise<void> {
  const { firstLearningRate, weightDecayRate } = shift.population.experiment.search;
  const conception = { dna: firstDna({ learningRate: firstLearningRate, weightDecayRate }), mutations: [] };
  const id = await conceive(shift.me, conception);
  if (id !== undefined) await enter(shift, { id, conception });
}

/** The size is read again: without this an overshoot would never shrink. */
async function enter(shift: Shift, { id, conception }: Child): Promise<void> {
  const { population, me } = shift;
  const { size } = await population.living();
  if (size >= population.experiment.search.populationSize) return await discard(me, id);
  const entry = await admitOrDiscard(me, id);
  if (entry === undefined) return await discard(me, id);
  shift.emit({ event: 'born', id, parent: conception.parent?.id, mutations: conception.mutations });
  await raise(shift, entry);
}

/** What could not be admitted for want of room would lie in staging for as long as this worker lives. */
async function admitOrDiscard(me: Membership, id: IndividualId): Promise<TrainingEntry | undefined> {
  try {
    return await admit(me, id);
  } catch (error) {
    if (isFull(error)) await discard(me, id);
    throw error;
  }
}

async function lose(shift: Shift, over: IndividualId): Promise<void> {
  shift.me.totals.lostRaces++;
  shift.emit({ event: 'lost-race', over });
  await jitter(shift, LOST);
}
