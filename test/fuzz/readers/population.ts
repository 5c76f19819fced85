import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '@galapagos/dna';
import {
  Control,
  Liveness,
  POPULATION_FORMAT,
  Population,
  childrenOf,
  descent,
  everyone,
  findIndividual,
  fsck,
  lineage,
  localFilesystem,
  nodeHost,
  summarize,
  systemClock,
} from '@galapagos/population';
import { type Cast } from './cast.js';
import { Finding, type Reader, withSpoilt } from './reader.js';

export function populationReaders(root: string, { alive, ids, worker, digest }: Cast): Reader[] {
  const open = () =>
    Population.open(root, {
      filesystem: localFilesystem,
      clock: systemClock,
      random: new SeededRandom('reader'),
    });
  const best = ids[2] ?? '';
  const reader = (
    name: string,
    below: string,
    kind: 'json' | 'lines' | 'bytes',
    use: (population: Population) => Promise<unknown>,
  ): Reader => ({
    name,
    read: (random) =>
      withSpoilt(join(root, below), kind, random, async () => {
        await use(await open());
      }),
  });
  const individual = async (population: Population) => {
    for (const { id } of await everyone(population)) id satisfies string;
    await fsck(population, nodeHost);
    await lineage(population, best);
    await findIndividual(population, best);
  };
  const records = async (population: Population) => {
    for (const { id } of await everyone(population)) {
      if (!/^[a-z0-9]{1,32}-[0-9]{1,12}$/.test(id)) throw new Finding(`an id ${JSON.stringify(id)}`);
    }
    for (const id of ids) await lineage(population, id);
    for (const id of ids) await descent(population, id);
    await childrenOf(population, best);
    await fsck(population, nodeHost);
  };
  const workers = async (population: Population) => {
    const summary = await summarize(population, nodeHost);
    JSON.stringify(summary);
    await new Liveness(population, { host: nodeHost, leaseSeconds: 10 }).isGone(worker);
    await fsck(population, nodeHost);
    if (Object.values(summary.totals).some((total) => typeof total === 'number' && !Number.isFinite(total)))
      throw new Finding(`totals ${JSON.stringify(summary.totals)}`);
  };
  const details = async (population: Population) => {
    for (const outline of await everyone(population)) JSON.stringify(outline.details);
  };
  /** What lies in `digests/` only while it is read. */
  const digests = (
    name: string,
    file: string,
    text: string,
    kind: 'json' | 'lines' | 'bytes',
    use: typeof records,
  ) => {
    const { read } = reader(name, `digests/${file}`, kind, use);
    return {
      name,
      read: async (random: SeededRandom) => {
        mkdirSync(join(root, 'digests'));
        writeFileSync(join(root, 'digests', file), text);
        try {
          await read(random);
        } finally {
          rmSync(join(root, 'digests'), { recursive: true });
        }
      },
    };
  };
  const own = (file: string): unknown =>
    JSON.parse(readFileSync(join(root, `workers/${worker}/${file}`), 'utf8'));
  const roll = {
    format: POPULATION_FORMAT,
    workers: { w9: { document: own('worker.json'), totals: own('totals.json') } },
  };
  const orders = async (population: Population) => {
    const control = new Control(population);
    await control.poll();
    await control.poll();
    return [control.bounds, control.pausedSince, control.quarantines, control.sourceOf('flops')];
  };
  return [
    reader('birth', `${alive}/birth.json`, 'json', individual),
    reader('attempt', `${alive}/1/attempt.json`, 'json', individual),
    reader('evaluation', `${alive}/1/evaluation.json`, 'json', individual),
    reader('curve', `${alive}/1/curve.jsonl`, 'lines', individual),
    reader('worker', `workers/${worker}/worker.json`, 'json', workers),
    reader('totals', `workers/${worker}/totals.json`, 'json', workers),
    reader('beat', `workers/${worker}/beat`, 'bytes', workers),
    reader('history', `history/${worker}.jsonl`, 'lines', records),
    digests('digest', 'w1-1~2', digest, 'bytes', records),
    digests('digest-lines', 'w1-1~2', digest, 'lines', details),
    digests('roll', 'workers.json', JSON.stringify(roll), 'json', workers),
    reader('settings', 'control/000003', 'json', orders),
    reader('quarantine', 'control/000004', 'json', orders),
    reader('experiment', 'experiment.json', 'json', workers),
  ];
}
