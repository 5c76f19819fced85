import { SeededRandom, firstDna } from '@galapagos/dna';
import {
  type AliveEntry,
  type Conception,
  type Evaluation,
  type Experiment,
  type Filesystem,
  Membership,
  POPULATION_FORMAT,
  Population,
  type TrainingEntry,
  WEIGHTS_FILE,
  admit,
  beginTenure,
  boundsSchema,
  conceive,
  createExperiment,
  nodeFilesystem,
  publish,
  searchSchema,
  sha256,
  tenureFolder,
  unknowingHost,
  writeAttempt,
  writeEvaluation,
} from '@galapagos/population';
import { expect } from 'vitest';
import { Auditor } from '../support/audit.js';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

export function experimentOf(search: Partial<Experiment['search']> = {}): Experiment {
  return {
    format: POPULATION_FORMAT,
    createdAt: '2017-03-03T00:00:00.000Z',
    version: '0.0.0',
    search: searchSchema.parse({
      seed: 'test',
      populationSize: 4,
      image: { height: 8, width: 8, channels: 1 },
      ...search,
    }),
    data: {},
    dataChecksum: 'none',
    classes: ['0', '1'],
    training: {},
    bounds: boundsSchema.parse({ leaseSeconds: 10 }),
  };
}

/** An experiment in a fresh directory, and an auditor that watches it. */
export interface World {
  readonly root: string;
  readonly clock: ManualClock;
  readonly auditor: Auditor;
}

export async function newWorld(search: Partial<Experiment['search']> = {}): Promise<World> {
  const root = `${temporaryDirectory()}/experiment`;
  await createExperiment(
    { filesystem: nodeFilesystem, random: new SeededRandom('create') },
    root,
    experimentOf(search),
  );
  return { root, clock: new ManualClock(), auditor: new Auditor(root) };
}

export async function openWorld(
  { root, clock }: World,
  filesystem: Filesystem = nodeFilesystem,
): Promise<Population> {
  return await Population.open(root, { filesystem, clock, random: new SeededRandom('world') });
}

const joining = { host: unknowingHost, version: '0.0.0', backend: 'none' };

/** As whoever sweeps or repairs, beside nobody; two of the best keep their weights. */
export const sweeping = {
  ...joining,
  politely: <T>(_path: string, work: () => Promise<T>) => work(),
  hallOfFame: 2,
};

export async function join(
  world: World,
  filesystem: Filesystem = nodeFilesystem,
  options: Partial<Parameters<typeof Membership.join>[1]> = {},
): Promise<Membership> {
  return await Membership.join(await openWorld(world, filesystem), { ...joining, ...options });
}

/** A member over a filesystem of its own that a test can spoil. */
export async function joinFaulty(world: World): Promise<{ me: Membership; faulty: FaultyFilesystem }> {
  const faulty = new FaultyFilesystem(nodeFilesystem);
  return { me: await join(world, faulty), faulty };
}

export const first: Conception = {
  dna: firstDna({ learningRate: 0.1, weightDecayRate: 0.0001 }),
  mutations: [],
};

/** A child of a parent that inherits its weights. */
export function childOf(parent: AliveEntry): Conception {
  return { dna: first.dna, parent, mutations: [{ mutation: 'IDENTITY', outcome: 'applied', detail: '' }] };
}

/** Conceived and admitted by us, its training begun. */
export async function bear(me: Membership, conception: Conception = first): Promise<TrainingEntry> {
  const id = await conceive(me, conception);
  const entry = id === undefined ? undefined : await admit(me, id);
  if (entry === undefined) throw new Error('the child was not admitted');
  expect(await beginTenure(me.population, entry)).toBe(true);
  expect(await writeAttempt(me.population, entry, { attempt: 1, seed: 'seed', fromStep: 0 })).toBe(true);
  return entry;
}

function evaluationOf(entry: TrainingEntry, fitness: number, weights: string | null): Evaluation {
  return {
    format: POPULATION_FORMAT,
    id: entry.id,
    tenure: entry.tenure,
    attempt: 1,
    fitness,
    diverged: false,
    steps: 100,
    seconds: 1,
    flops: 1e6,
    parameters: 10,
    backend: 'none',
    weights,
    evaluatedAt: '2017-03-03T00:00:00.000Z',
  };
}

function weightsOf({ id }: TrainingEntry): Uint8Array {
  return new TextEncoder().encode(`the weights of ${id}`);
}

/** Weights and evaluation, as after a training. */
export async function evaluate(me: Membership, entry: TrainingEntry, fitness: number): Promise<boolean> {
  const { population } = me;
  const weights = weightsOf(entry);
  const file = `${tenureFolder(population, entry)}/${WEIGHTS_FILE}`;
  await population.filesystem.write(file, weights);
  return await writeEvaluation(population, entry, evaluationOf(entry, fitness, sha256(weights)));
}

/** From conception to life. */
export async function raise(
  me: Membership,
  fitness: number,
  conception: Conception = first,
): Promise<AliveEntry> {
  const entry = await bear(me, conception);
  expect(await evaluate(me, entry, fitness)).toBe(true);
  expect(await publish(me.population, entry, fitness)).toBe(true);
  return { state: 'alive', id: entry.id, tenure: entry.tenure, fitness };
}

/** The only one of several; anything else fails the test. */
export function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (items.length !== 1 || item === undefined) throw new Error(`one was expected, not ${items.length}`);
  return item;
}
