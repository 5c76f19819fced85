import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SeededRandom, firstDna, mutate } from '@galapagos/dna';
import {
  Digester,
  Membership,
  POPULATION_FORMAT,
  Population,
  type TrainingEntry,
  admit,
  beginTenure,
  boundsSchema,
  bury,
  collect,
  conceive,
  createExperiment,
  giveOrder,
  kill,
  localFilesystem,
  nodeHost,
  publish,
  searchSchema,
  sha256,
  systemClock,
  tenureFolder,
  writeAttempt,
  writeCheckpoint,
  writeEvaluation,
} from '@galapagos/population';
import { encodeWeights } from '@galapagos/trainer';
import { image } from './reader.js';

export interface Cast {
  readonly digest: string;
  readonly alive: string;
  readonly ids: readonly string[];
  readonly worker: string;
}

/** A population in which everything that may happen to an individual has happened to one. */
export async function populate(root: string): Promise<Cast> {
  const ground = { filesystem: localFilesystem, clock: systemClock, random: new SeededRandom('populate') };
  mkdirSync(dirname(root), { recursive: true });
  await createExperiment(ground, root, {
    format: POPULATION_FORMAT,
    createdAt: '2017-03-03T00:00:00.000Z',
    version: '0.0.0',
    search: searchSchema.parse({ seed: 'fuzz', populationSize: 6, image }),
    data: {
      source: 'synthetic',
      validation: 40,
      test: 40,
      synthetic: { height: 8, width: 8, examples: 240 },
    },
    dataChecksum: 'none',
    classes: ['0', '1'],
    training: { steps: 4 },
    bounds: boundsSchema.parse({ leaseSeconds: 10, hallOfFame: 1 }),
  });
  const population = await Population.open(root, ground);
  const me = await Membership.join(population, { host: nodeHost, version: '0.0.0', backend: 'none' });
  const first = await raise(me, 0.2, undefined);
  const parent = await raise(me, 0.5, first);
  const best = await raise(me, 0.75, parent);
  const buried = await bear(me, first);
  await bury(me, buried, { class: 'over-limit', reason: 'too many', log: 'one\ntwo\n' });
  await kill(me, parent);
  await collect(me, 1, await population.dead());
  const dead = await raise(me, 0.1, best);
  await kill(me, dead);
  const training = await bear(me, best);
  await writeCheckpoint(
    localFilesystem,
    tenureFolder(population, training),
    { attempt: 1, step: 2 },
    Buffer.from('x'),
  );
  await giveOrder(population, { order: 'pause' });
  await giveOrder(population, { order: 'resume' });
  await giveOrder(population, { order: 'settings', bounds: { hallOfFame: 2 } });
  await giveOrder(population, {
    order: 'quarantine',
    host: 'gpu-07',
    device: null,
    reason: 'sick',
    by: me.name,
  });
  const logs = join(root, 'logs', '2017-03-03T00-00-00');
  mkdirSync(logs, { recursive: true });
  writeFileSync(
    join(logs, 'slot-0.log'),
    '{"level":"info","time":"2017-03-03T00:00:01.000Z","worker":"w1","id":"w1-1","msg":"taken-away"}\nwords\n',
  );
  mkdirSync(join(root, 'logs/workers'));
  writeFileSync(
    join(root, `logs/workers/${me.name}.log`),
    `{"level":"info","time":"2017-03-03T00:00:02.000Z","worker":"${me.name}","reason":"asked","msg":"leaving"}\n`,
  );
  await new Digester(me).digest(1);
  const digest = readFileSync(join(root, 'digests/w1-1~2'), 'utf8');
  // Where it is missing the history is read.
  rmSync(join(root, 'digests'), { recursive: true });
  return {
    digest,
    alive: `alive/0.750000~${best.id}~1`,
    ids: [first.id, parent.id, best.id, buried.id, dead.id, training.id],
    worker: me.name,
  };
}

type Parent = {
  readonly state: 'alive';
  readonly id: string;
  readonly tenure: number;
  readonly fitness: number;
};

async function bear(me: Membership, parent: Parent | undefined): Promise<TrainingEntry> {
  const mutated = mutate(firstDna(), new SeededRandom(`child of ${parent?.id}`), { count: 2, image });
  const id = await conceive(me, {
    dna: mutated.dna,
    mutations: mutated.drawn,
    ...(parent === undefined ? {} : { parent }),
  });
  const entry = id === undefined ? undefined : await admit(me, id);
  if (entry === undefined) throw new Error('not admitted');
  await beginTenure(me.population, entry);
  await writeAttempt(me.population, entry, { attempt: 1, seed: 'seed', fromStep: 0 });
  const curve = '{"step":1,"loss":2.3}\n{"step":2,"loss":1.9}\n';
  writeFileSync(`${tenureFolder(me.population, entry)}/curve.jsonl`, curve);
  return entry;
}

async function raise(me: Membership, fitness: number, parent: Parent | undefined): Promise<Parent> {
  const entry = await bear(me, parent);
  const weights = encodeWeights(new Map([['dense/bias', { shape: [2], values: Float32Array.of(0, 1) }]]));
  writeFileSync(`${tenureFolder(me.population, entry)}/weights.safetensors`, weights);
  await writeEvaluation(me.population, entry, {
    ...{ format: POPULATION_FORMAT, id: entry.id, tenure: 1, attempt: 1, fitness, diverged: false },
    ...{ steps: 4, seconds: 1, flops: 1e6, parameters: 10, backend: 'none', weights: sha256(weights) },
    evaluatedAt: '2017-03-03T00:00:00.000Z',
  });
  await publish(me.population, entry, fitness);
  return { state: 'alive', id: entry.id, tenure: 1, fitness };
}
