import {
  type Membership,
  admit,
  adopt,
  bury,
  cleanStaging,
  collect,
  conceive,
  createExperiment,
  discard,
  fsck,
  kill,
  nodeFilesystem,
  publish,
  takeTrash,
  tenureFolder,
  unknowingHost,
  writeCheckpoint,
} from '@galapagos/population';
import { SeededRandom } from '@galapagos/dna';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Crash, FaultyFilesystem } from '../support/faulty-filesystem.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { PLACES, repair } from './repair.js';
import {
  type World,
  bear,
  childOf,
  evaluate,
  experimentOf,
  first,
  join,
  joinFaulty,
  newWorld,
  openWorld,
  raise,
} from './support.js';

interface Stage {
  readonly world: World;
  /** The one that will die, and the filesystem that kills it. */
  readonly me: Membership;
  readonly faulty: FaultyFilesystem;
  /** One that lived before and has left something behind. */
  readonly other: Membership;
}

/** Sets the stage, and returns what is done while the process dies. */
type Scene = (stage: Stage) => Promise<() => Promise<unknown>>;

const bytes = new TextEncoder().encode('a checkpoint');

async function deadOnes(me: Membership, fitnesses: readonly number[]) {
  for (const fitness of fitnesses) await kill(me, await raise(me, fitness));
  return await me.population.dead();
}

const scenes: Record<string, Scene> = {
  join: async ({ world, faulty }) => {
    await openWorld(world);
    return () => join(world, faulty);
  },
  conceive: async ({ me, other }) => {
    const parent = await raise(other, 0.5);
    return () => conceive(me, childOf(parent));
  },
  'conceive, by copies': async ({ me, other, faulty }) => {
    const parent = await raise(other, 0.5);
    faulty.fail({ operation: 'link', lasting: true }, 'EPERM');
    return () => conceive(me, childOf(parent));
  },
  admit: async ({ me }) => {
    const id = (await conceive(me, first)) ?? '';
    return () => admit(me, id);
  },
  discard: async ({ me }) => {
    const id = (await conceive(me, first)) ?? '';
    return () => discard(me, id);
  },
  kill: async ({ me, other }) => {
    const victim = await raise(other, 0.5);
    return () => kill(me, victim);
  },
  'a checkpoint': async ({ me }) => {
    const entry = await bear(me);
    const folder = tenureFolder(me.population, entry);
    for (const step of [10, 20]) await writeCheckpoint(nodeFilesystem, folder, { attempt: 1, step }, bytes);
    return () => writeCheckpoint(me.population.filesystem, folder, { attempt: 1, step: 30 }, bytes);
  },
  'adopt, from scratch': async ({ me, other }) => {
    const orphan = await bear(other);
    return () => adopt(me, orphan);
  },
  'adopt, from a checkpoint': async ({ me, other }) => {
    const orphan = await bear(other);
    const folder = tenureFolder(other.population, orphan);
    for (const step of [10, 20]) await writeCheckpoint(nodeFilesystem, folder, { attempt: 1, step }, bytes);
    return () => adopt(me, orphan);
  },
  'adopt, to publish': async ({ me, other }) => {
    const orphan = await bear(other);
    await evaluate(other, orphan, 0.5);
    return async () => {
      const adoption = await adopt(me, orphan);
      expect(adoption?.continuation.kind).toBe('evaluated');
      if (adoption !== undefined) await publish(me.population, adoption.entry, 0.5);
    };
  },
  'evaluate and publish': async ({ me }) => {
    const entry = await bear(me);
    const folder = tenureFolder(me.population, entry);
    await writeCheckpoint(nodeFilesystem, folder, { attempt: 1, step: 10 }, bytes);
    return async () => {
      await evaluate(me, entry, 0.5);
      await publish(me.population, entry, 0.5);
    };
  },
  bury: async ({ me }) => {
    const entry = await bear(me);
    return () => bury(me, entry, { class: 'over-limit', reason: 'too large', log: '' });
  },
  'clean staging': async ({ me, other }) => {
    await conceive(other, first);
    await conceive(other, first);
    return () => cleanStaging(me, other.name);
  },
  'take trash': async ({ me, other, world }) => {
    const [dead] = await deadOnes(other, [0.5]);
    if (dead === undefined) throw new Error('nobody died');
    const trash = `${world.root}/workers/${other.name}/trash`;
    await nodeFilesystem.rename(`${world.root}/dead/${dead.id}~1~${dead.killer}`, `${trash}/${dead.id}~1`);
    return () => takeTrash(me, other.name);
  },
  'collect, with a hall of fame': async ({ me, other }) => {
    await collect(other, PLACES, await deadOnes(other, [0.5]));
    const dead = await deadOnes(other, [0.3, 0.6]);
    return () => collect(me, PLACES, dead);
  },
  'all that a life is': async ({ me, faulty, world }) => {
    // Seen at every turn, so that the auditor knows of it.
    faulty.before({ operation: 'rename', lasting: true }, async () => {
      await Promise.resolve(world.auditor.look());
    });
    await openWorld(world);
    return async () => {
      await kill(me, await raise(me, 0.5));
      await collect(me, 0, await me.population.dead());
    };
  },
  repair: async ({ me, other, world }) => {
    await deadOnes(other, [0.3]);
    await conceive(other, first);
    const orphan = await bear(other);
    await evaluate(other, orphan, 0.8);
    const dying = await joinFaulty(world);
    const dead = await deadOnes(other, [0.9]);
    // A collector that died between the record and the mark.
    dying.faulty.fail({ operation: 'rename', path: /~recorded|hall-of-fame/, lasting: true }, 'EACCES');
    await expect(collect(dying.me, PLACES, dead)).rejects.toThrow();
    return () => repair(me);
  },
};

describe('a crash at every single operation of', () => {
  test.each(Object.entries(scenes))('%s is repaired by the next worker', async (_name, scene) => {
    const operations = await play(scene, undefined);
    expect(operations.length).toBeGreaterThan(0);
    for (const [k, operation] of operations.entries()) {
      await play(scene, { at: k, torn: false });
      // Half of what was being written may be there, too.
      if (['write', 'append'].includes(operation)) await play(scene, { at: k, torn: true });
    }
  });
});

/** Plays a scene to its end, or to a crash, and has the next worker repair what is left. @returns What was done. */
async function play(scene: Scene, crash: { at: number; torn: boolean } | undefined): Promise<string[]> {
  const world = await newWorld();
  const other = await join(world);
  const { me, faulty } = await joinFaulty(world);
  const act = await scene({ world, me, faulty, other });
  world.auditor.look();
  const before = faulty.calls.length;
  if (crash !== undefined) faulty.crashAt(crash.at, crash);
  const acting = act();
  if (crash === undefined) await acting;
  else await expect(acting).rejects.toThrow(Crash);
  await faulty.settled();
  world.auditor.look();
  const done = faulty.calls.slice(before).map(({ operation }) => operation);
  await expectRepaired(world);
  return done;
}

async function expectRepaired(world: World): Promise<void> {
  const healer = await join(world);
  await repair(healer);
  const { ids, litter, recorded } = world.auditor.look();
  expect({ litter, ...ids, alive: [], 'hall-of-fame': [] }).toEqual({
    litter: [],
    training: [],
    alive: [],
    dead: [],
    trash: [],
    recorded: [],
    'hall-of-fame': [],
  });
  // The hall holds the best of all that died, and no more than its places.
  expect(ids['hall-of-fame'].length).toBeLessThanOrEqual(PLACES);
  const serious = (await fsck(healer.population, unknowingHost)).filter(
    ({ severity }) => severity !== 'note',
  );
  expect(serious).toEqual([]);
  expect(recorded.size).toBeGreaterThanOrEqual(ids['hall-of-fame'].length);
}

test('the hall of fame holds the best that died, wherever its collector crashes', async () => {
  for (let k = 0, crashed = true; crashed; k++) {
    const world = await newWorld();
    const other = await join(world);
    const { me, faulty } = await joinFaulty(world);
    const dead = await deadOnes(other, [0.4, 0.9, 0.8]);
    faulty.crashAt(k);
    await collect(me, PLACES, dead).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
    await repair(await join(world));
    const names = readdirSync(`${world.root}/hall-of-fame`).sort();
    expect(names.map((name) => name.slice(0, 8))).toEqual(['0.900000']);
    ({ crashed } = faulty);
  }
});

test('a crash at every operation of making an experiment leaves none, or a whole one', async () => {
  for (let k = 0, crashed = true; crashed; k++) {
    const faulty = new FaultyFilesystem(nodeFilesystem);
    const root = `${temporaryDirectory()}/a/b`;
    faulty.crashAt(k);
    const make = (filesystem = faulty as typeof nodeFilesystem) =>
      createExperiment({ filesystem, random: new SeededRandom('make') }, root, experimentOf());
    await make().catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
    // Made again it is there, or it was already.
    await make(nodeFilesystem).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'EXPERIMENT_EXISTS' });
    });
    const made = await openWorld({ root } as World);
    expect(made.experiment).toEqual(experimentOf());
    ({ crashed } = faulty);
  }
});
