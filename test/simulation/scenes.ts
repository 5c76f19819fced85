import { SeededRandom, firstDna } from '@galapagos/dna';
import {
  type Conception,
  type Evaluation,
  Membership,
  POPULATION_FORMAT,
  Population,
  type TrainingEntry,
  WEIGHTS_FILE,
  admit,
  beginTenure,
  collect,
  conceive,
  kill,
  publish,
  sha256,
  tenureFolder,
  writeAttempt,
  writeCheckpoint,
  writeEvaluation,
} from '@galapagos/population';
import type { Disk } from './disk.js';
import type { Ledger } from './ledger.js';
import { Turns } from './turns.js';
import { ROOT, World, type WorldOptions } from './world.js';

/** A population at the instant from which all interleavings are explored. */
export interface Scene {
  readonly disk: Disk;
  readonly ledger: Ledger;
  readonly options: WorldOptions;
}

const BITS = '01'.repeat(32);
const first: Conception = {
  dna: firstDna({ learningRate: 0.1, weightDecayRate: 0.0001 }),
  mutations: [],
};

/** What the workers find: two that live, and what a third worker left that is gone. */
export const scenes: Readonly<
  Record<string, { setPoint: number; individuals?: number; leave?: (gone: Gone) => Promise<void> }>
> = {
  'at the set point': { setPoint: 2 },
  'one short of it': { setPoint: 3 },
  'an orphan with a checkpoint': {
    setPoint: 3,
    leave: async (gone) => {
      const entry = await gone.bear();
      const state = new TextEncoder().encode(JSON.stringify({ bits: BITS, random: [1, 2, 3, 4] }));
      const folder = tenureFolder(gone.me.population, entry);
      await writeCheckpoint(gone.me.population.filesystem, folder, { attempt: 1, step: 1 }, state);
    },
  },
  'an orphan that only is to be published': {
    setPoint: 3,
    leave: async (gone) => gone.evaluate(await gone.bear(), 0.3),
  },
  'an orphan whose result nobody had on disk': {
    setPoint: 3,
    leave: async (gone) => {
      const entry = await gone.bear();
      await gone.withoutDisk(() => gone.evaluate(entry, 0.3));
    },
  },
  'eight dead': {
    setPoint: 2,
    leave: async (gone) => {
      for (let count = 0; count < 8; count++) await gone.die(0.1);
    },
  },
  // Nothing but a collection is to be done.
  'two dead, and the budget is spent': {
    setPoint: 2,
    individuals: 4,
    leave: async (gone) => {
      for (const fitness of [0.1, 0.6]) await gone.die(fitness);
    },
  },
  'staging and trash of one who is gone': {
    setPoint: 2,
    leave: async (gone) => {
      await conceive(gone.me, first);
      const recorded = await gone.die(0.1);
      await gone.record();
      const { population, name } = gone.me;
      const dead = await gone.die(0.4);
      await population.move(`dead/${dead}~1~${name}`, `workers/${name}/trash/${dead}~1`);
      if (recorded === dead) throw new Error('two have the same name');
    },
  },
};

/** Makes a scene by its name. */
export async function setScene(name: string): Promise<Scene> {
  const scene = scenes[name];
  if (scene === undefined) throw new Error(`no scene is called '${name}'`);
  const options: WorldOptions = {
    seed: name,
    setPoint: scene.setPoint,
    individuals: scene.individuals,
    leaseSeconds: 10,
    hallOfFame: 1,
    hosts: 1,
    hasContainers: false,
  };
  const world = new World(options, new Turns());
  await world.found();
  const gone = await Gone.join(world);
  for (const fitness of [0.2, 0.5]) await gone.raise(fitness);
  await scene.leave?.(gone);
  const invariants = await world.watch(() => ({
    setPoint: scene.setPoint,
    workers: 1,
    isCountExact: true,
    areTotalsExact: true,
  }));
  const problems = await invariants.check();
  if (problems.length > 0) throw new Error(`the scene '${name}' is not sound: ${problems.join('; ')}`);
  return { disk: world.disk, ledger: world.ledger, options };
}

/** The worker that prepares a scene, and is gone when it begins. */
class Gone {
  private constructor(
    private readonly world: World,
    readonly me: Membership,
  ) {}

  static async join(world: World): Promise<Gone> {
    const [host] = world.hosts;
    if (host === undefined) throw new Error('there is no host');
    const { process } = world.start(host, 'gone');
    const ground = { filesystem: world.truth, clock: process.clock, random: new SeededRandom('gone') };
    const population = await Population.open(ROOT, ground);
    const me = await Membership.join(population, { host: process.machine, version: '0', backend: 'bits' });
    return new Gone(world, me);
  }

  async bear(): Promise<TrainingEntry> {
    const { me } = this;
    const id = await conceive(me, first);
    const entry = id === undefined ? undefined : await admit(me, id);
    if (entry === undefined) throw new Error('not admitted');
    await beginTenure(me.population, entry);
    await writeAttempt(me.population, entry, { attempt: 1, seed: 'seed', fromStep: 0 });
    this.world.ledger.born.add(entry.id);
    return entry;
  }

  async evaluate(entry: TrainingEntry, fitness: number): Promise<void> {
    const { population } = this.me;
    const file = `${tenureFolder(population, entry)}/${WEIGHTS_FILE}`;
    await population.filesystem.write(file, BITS);
    const weights = sha256(new TextEncoder().encode(BITS));
    await writeEvaluation(population, entry, evaluationOf(entry, fitness, weights));
    const line = { id: entry.id, attempt: 1, tenure: 1, step: 1, pid: 0 };
    this.world.ledger.heardTraining({ ...line, event: 'start' });
    this.world.ledger.heardTraining({ ...line, event: 'end', kind: 'evaluated', fitness });
  }

  /** It does so, and is gone before anything of it is on disk. */
  async withoutDisk(work: () => Promise<void>): Promise<void> {
    const { filesystem } = this.me.population;
    const whole = { ...filesystem };
    Object.assign(filesystem, { sync: () => Promise.resolve() });
    await work();
    Object.assign(filesystem, whole);
  }

  async raise(fitness: number): Promise<TrainingEntry> {
    const entry = await this.bear();
    await this.evaluate(entry, fitness);
    await publish(this.me.population, entry, fitness);
    return entry;
  }

  /** @returns Whose it was. */
  async die(fitness: number): Promise<string> {
    const { id, tenure } = await this.raise(fitness);
    await kill(this.me, { state: 'alive', id, tenure, fitness });
    return id;
  }

  /** Records the dead, and is gone before it deletes them. */
  async record(): Promise<void> {
    const { filesystem } = this.me.population;
    const whole = { ...filesystem };
    // The first thing that deleting does.
    Object.assign(filesystem, { kind: () => Promise.reject(new Error('gone')) });
    await collect(this.me, 0, await this.me.population.dead()).catch(() => undefined);
    Object.assign(filesystem, whole);
  }
}

function evaluationOf({ id, tenure }: TrainingEntry, fitness: number, weights: string): Evaluation {
  return {
    format: POPULATION_FORMAT,
    id,
    tenure,
    attempt: 1,
    fitness,
    diverged: false,
    steps: 1,
    seconds: 1,
    flops: 1,
    parameters: 64,
    backend: 'bits',
    weights,
    evaluatedAt: '2017-03-03T00:00:00.000Z',
  };
}
