import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { main } from '@galapagos/cli';
import { importData, loadDataset } from '@galapagos/datasets';
import {
  type Dna,
  SeededRandom,
  ShapeError,
  firstDna,
  formatDna,
  inferShapes,
  integer,
  mutate,
  parseDnaText,
} from '@galapagos/dna';
import {
  Control,
  Digester,
  Liveness,
  Membership,
  POPULATION_FORMAT,
  Population,
  type TrainingEntry,
  admit,
  beginTenure,
  boundsSchema,
  bury,
  childrenOf,
  collect,
  conceive,
  createExperiment,
  descent,
  everyone,
  findIndividual,
  fsck,
  giveOrder,
  kill,
  lineage,
  localFilesystem,
  nodeHost,
  publish,
  searchSchema,
  sha256,
  summarize,
  systemClock,
  tenureFolder,
  writeAttempt,
  writeCheckpoint,
  writeEvaluation,
} from '@galapagos/population';
import {
  costOf,
  decodeWeights,
  encodeWeights,
  excessOver,
  planNetwork,
  trainingSchema,
} from '@galapagos/trainer';
import { one, spoil } from './hostile-bytes.js';
import { idx, npy, zip } from '../datasets/images.js';

/** One reader of what others have written. */
export interface Reader {
  readonly name: string;
  /** Spoils a valid sample, and reads it. @throws what the reader throws. */
  readonly read: (random: SeededRandom) => Promise<unknown>;
}

/** What the trainer keeps for itself. */
export interface Internals {
  readonly decodeState: (bytes: Uint8Array) => { readonly stream: { readonly random: unknown } };
  /** A checkpoint. */
  readonly encodeState: (state: never) => Uint8Array;
}

/** What a reader may say: of a documented kind, and short enough to be read. */
const EXPECTED = [
  'PopulationError',
  'DnaError',
  'ShapeError',
  'DatasetError',
  'WeightsFileError',
  'UsageError',
];
const LONGEST_MESSAGE = 5000;
/** What must not come to a terminal: controls but tab and newline, and what turns the direction of writing. */
// eslint-disable-next-line no-control-regex -- Controls are what it is about.
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** Thrown when a reader did what none may do. */
export class Finding extends Error {}

/**
 * One case: a sample that is spoilt as the seed says.
 * @returns How it ended: `valid`, or the kind of the error.
 * @throws Finding.
 */
export async function fuzzReader({ read }: Reader, seed: string): Promise<string> {
  // Of the processor: a machine that is busy with other things is no fault of a reader.
  const before = process.cpuUsage();
  let ended = 'valid';
  try {
    await read(new SeededRandom(seed));
  } catch (error) {
    if (!(error instanceof Error) || error instanceof Finding) throw error;
    if (!EXPECTED.includes(error.name)) throw new Finding(String(error.stack), { cause: error });
    if (error.message.length > LONGEST_MESSAGE)
      throw new Finding(`a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`);
    ended = error.name;
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  if (seconds > 20) throw new Finding(`it took ${seconds.toFixed(1)} s`);
  return ended;
}

/** All readers, over samples that are made in a folder. */
export async function allReaders(folder: string, internals: Internals): Promise<Reader[]> {
  const root = join(folder, 'experiment');
  const cast = await populate(root);
  return [
    ...dnaReaders(),
    ...populationReaders(root, cast),
    ...tensorReaders(internals),
    ...dataReaders(folder),
    configurationReader(folder),
    viewReader(root, cast),
  ];
}

const image = { height: 8, width: 8, channels: 1 };

function dnaReaders(): Reader[] {
  const grown = (seed: string): Dna => {
    const random = new SeededRandom(seed);
    let dna = firstDna();
    for (let times = 0; times < 12; times++) dna = mutate(dna, random, { count: 1, image }).dna;
    return dna;
  };
  const samples = Array.from({ length: 8 }, (_, at) => Buffer.from(formatDna(grown(`dna ${at}`))));
  const settings = trainingSchema.parse({ steps: 10 });
  const read = (random: SeededRandom): Promise<void> => {
    const text = spoil(one(samples, random), 'json', random).toString();
    const dna = parseDnaText(text, 'dna.json');
    try {
      inferShapes(dna, image);
      excessOver(costOf(planNetwork(dna, image, 10), settings.batchSize), settings);
      const child = mutate(dna, random, { count: 3, image }).dna;
      parseDnaText(formatDna(child), 'child');
    } catch (error) {
      if (!(error instanceof ShapeError))
        throw new Finding(`a valid DNA: ${stackOf(error)}`, { cause: error });
    }
    return Promise.resolve();
  };
  return [{ name: 'dna', read }];
}

interface Cast {
  readonly digest: string;
  readonly alive: string;
  readonly ids: readonly string[];
  readonly worker: string;
}

/** A population in which everything that may happen to an individual has happened to one. */
async function populate(root: string): Promise<Cast> {
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

function populationReaders(root: string, { alive, ids, worker, digest }: Cast): Reader[] {
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

async function withSpoilt(
  file: string,
  kind: 'json' | 'lines' | 'bytes' | 'text',
  random: SeededRandom,
  use: () => Promise<void>,
): Promise<void> {
  const whole = readFileSync(file);
  try {
    writeFileSync(file, spoil(whole, kind, random));
    await use();
  } finally {
    writeFileSync(file, whole);
  }
}

function tensorReaders({ decodeState, encodeState }: Internals): Reader[] {
  const arrays = new Map([
    ['edge/e1/filter', { shape: [3, 3, 1, 2], values: new Float32Array(18).fill(0.5) }],
    ['dense/kernel', { shape: [2, 10], values: new Float32Array(20) }],
    ['dense/bias', { shape: [10], values: new Float32Array(10) }],
  ]);
  const state = {
    ...{ step: 4, seconds: 1, flops: 1e6, backends: ['none'], curve: [[1, 2.5]], arrays },
    stream: { epoch: [1, 2, 3, 4], position: 7, random: [5, 6, 7, 8] },
  };
  const checkpoint = Buffer.from(encodeState(state as never));
  const weights = Buffer.from(encodeWeights(arrays));
  return [
    {
      name: 'safetensors',
      read: (random) => Promise.resolve(decodeWeights(spoilTensors(weights, random))),
    },
    {
      name: 'checkpoint',
      read: (random) => {
        const { stream } = decodeState(spoilTensors(checkpoint, random));
        return Promise.resolve(new SeededRandom(stream.random as never));
      },
    },
  ];
}

/** Its header as JSON, with a length that is right or not; or its bytes. */
function spoilTensors(file: Buffer, random: SeededRandom): Buffer {
  if (integer(random, 3) === 0) return spoil(file, 'bytes', random);
  const length = Number(file.readBigUInt64LE());
  const header = spoil(file.subarray(8, 8 + length), 'json', random);
  const prefix = Buffer.alloc(8);
  const lengths = [header.length, header.length, header.length, 2 ** 32, 2 ** 53, 0, header.length + 1];
  prefix.writeBigUInt64LE(BigInt(one(lengths, random)));
  return Buffer.concat([prefix, header, file.subarray(8 + length)]);
}

function dataReaders(folder: string): Reader[] {
  const source = join(folder, 'source');
  const out = join(folder, 'own.gpack');
  const labels = Uint8Array.from({ length: 24 }, (_, at) => at % 2);
  const pixels = Uint8Array.from({ length: 24 * 16 }, (_, at) => (at * 37) % 256);
  const options = { name: 'own', seed: 1, skipBroken: true, validation: { count: 2 }, test: { count: 2 } };
  const imported = async (path: string, extra: object = {}): Promise<void> => {
    try {
      await importData(path, out, { ...options, ...extra });
      (await loadDataset({ source: 'packed', file: out })).close();
    } finally {
      rmSync(out, { force: true });
    }
  };
  const fresh = (): void => {
    rmSync(source, { recursive: true, force: true });
    mkdirSync(source, { recursive: true });
  };
  const put = (name: string, bytes: Uint8Array): string => {
    const file = join(source, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return file;
  };
  const x = npy('|u1', [24, 4, 4], pixels);
  const y = npy('|u1', [24], labels);
  const archive = zip({ 'x.npy': x, 'y.npy': y });
  const images = idx([24, 4, 4], pixels);
  const cifar = Buffer.concat(
    Array.from({ length: 10 }, (_, at) => Buffer.concat([Buffer.of(at), Buffer.alloc(3072, at)])),
  );
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADklEQVQImWNgRwIMxHEAIlQBUbl7SQQAAAAASUVORK5CYII=',
    'base64',
  );
  let pack: Buffer | undefined;
  const packOnce = async (): Promise<Buffer> => {
    if (pack !== undefined) return pack;
    fresh();
    await importData(put('x.npz', archive), out, options);
    return (pack = readFileSync(out));
  };
  return [
    {
      name: 'npz',
      read: async (random) => {
        fresh();
        const spoilt =
          integer(random, 2) === 0
            ? spoil(archive, 'bytes', random)
            : zip({
                [one(['x.npy', '../x.npy', '/x.npy', 'x\0.npy'], random)]: spoilNpy(x, random),
                'y.npy': spoilNpy(y, random),
              });
        await imported(put('x.npz', spoilt), { kind: 'npz' });
      },
    },
    {
      name: 'npy',
      read: async (random) => {
        fresh();
        const labelsFile = put('y.npy', integer(random, 2) === 0 ? y : spoilNpy(y, random));
        await imported(put('x.npy', spoilNpy(x, random)), { kind: 'npy', labels: labelsFile });
      },
    },
    {
      name: 'idx',
      read: async (random) => {
        fresh();
        put(
          'train-labels-idx1-ubyte',
          integer(random, 2) === 0 ? idx([24], labels) : spoil(idx([24], labels), 'bytes', random),
        );
        await imported(put('train-images-idx3-ubyte', spoil(images, 'bytes', random)), { kind: 'idx' });
      },
    },
    {
      name: 'cifar',
      read: async (random) => {
        fresh();
        for (const batch of [1, 2, 3, 4, 5])
          put(`data_batch_${batch}.bin`, batch === 1 ? spoil(cifar, 'bytes', random) : cifar);
        put('test_batch.bin', cifar);
        await imported(source, { kind: 'cifar', validation: { count: 1 }, test: undefined });
      },
    },
    {
      name: 'folder',
      read: async (random) => {
        fresh();
        for (const label of ['a', 'b'])
          for (let at = 0; at < 5; at++)
            put(`${label}/${at}.png`, at === 0 ? spoil(png, 'bytes', random) : png);
        await imported(source, { kind: 'folder' });
      },
    },
    {
      name: 'pack',
      read: async (random) => {
        const whole = await packOnce();
        fresh();
        const file = put('x.gpack', await spoilPack(whole, random));
        (await loadDataset({ source: 'packed', file })).close();
      },
    },
  ];
}

/** The header with the checksum that it should have: else nothing behind that is looked at. */
async function spoilPack(pack: Buffer, random: SeededRandom): Promise<Buffer> {
  if (integer(random, 3) === 0) return spoil(pack, 'bytes', random);
  const { createHash } = await import('node:crypto');
  const length = pack.readUInt32LE(12);
  const text = pack
    .subarray(48, 48 + length)
    .toString()
    .trimEnd();
  const json = spoil(Buffer.from(text), 'json', random);
  const header = json.length > length ? json : Buffer.concat([json, Buffer.alloc(length - json.length, ' ')]);
  const prefix = Buffer.from(pack.subarray(0, 48));
  prefix.writeUInt32LE(header.length, 12);
  createHash('sha256').update(header).digest().copy(prefix, 16);
  return Buffer.concat([prefix, header, pack.subarray(48 + length)]);
}

function configurationReader(folder: string): Reader {
  const sample = Buffer.from(
    [
      'search: { populationSize: 8, seed: "a", mutationsPerReproduction: 1, firstLearningRate: 0.1 }',
      'data: { source: synthetic, seed: 1, validation: 40, test: 40, synthetic: { height: 8, width: 8, examples: 240 } }',
      'training: { steps: 4, batchSize: 10, momentum: 0.9, padCrop: 1, checkpointSeconds: 2m, limits: { seconds: 60, parameters: 1e6, memoryBytes: 1e9, flopsPerExample: 1e9 } }',
      'bounds: { individuals: 10, leaseSeconds: 10, wallSeconds: 1h }',
      '',
    ].join('\n'),
  );
  const json = Buffer.from(
    JSON.stringify({
      search: { populationSize: 8, seed: 'a' },
      data: {
        source: 'synthetic',
        validation: 40,
        test: 40,
        synthetic: { height: 8, width: 8, examples: 240 },
      },
      training: { steps: 4, batchSize: 10, limits: { seconds: 60, memoryBytes: 1e9, flopsPerExample: 1e9 } },
      bounds: { individuals: 10, leaseSeconds: 10 },
    }),
  );
  return {
    name: 'configuration',
    read: async (random) => {
      const file = join(folder, 'search.yaml');
      const root = join(folder, 'configured');
      const spoilt = integer(random, 2) === 0 ? spoil(sample, 'text', random) : spoil(json, 'json', random);
      writeFileSync(file, spoilt);
      try {
        // Only a machine that is measured takes long, so all limits are given; what is large is not begun.
        await say(['init', root, '--config', file], [0, 2]);
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    },
  };
}

/** What views say of a population in which one file is spoilt. */
function viewReader(root: string, { alive, worker, ids }: Cast): Reader {
  const files: readonly (readonly [string, 'json' | 'lines' | 'bytes' | 'text'])[] = [
    [`${alive}/dna.json`, 'json'],
    [`${alive}/birth.json`, 'json'],
    [`${alive}/1/attempt.json`, 'json'],
    [`${alive}/1/evaluation.json`, 'json'],
    [`${alive}/1/curve.jsonl`, 'lines'],
    [`workers/${worker}/worker.json`, 'json'],
    [`workers/${worker}/totals.json`, 'json'],
    [`workers/${worker}/beat`, 'bytes'],
    [`history/${worker}.jsonl`, 'lines'],
    ['control/000003', 'json'],
    ['control/000004', 'json'],
    ['experiment.json', 'json'],
    ['logs/2017-03-03T00-00-00/slot-0.log', 'lines'],
  ];
  const verbs = (id: string, other: string): readonly (readonly string[])[] => [
    ['status'],
    ['status', '--json'],
    ['ls'],
    ['ls', '--json'],
    ['ls', '--csv', '-'],
    ['best'],
    ['best', '--json'],
    ['show', id],
    ['show', id, '--json'],
    ['lineage', id],
    ['lineage', id, '--json'],
    ['lineage', id, '--descendants'],
    ['lineage', id, '--svg', '-'],
    ['draw', id],
    ['draw', id, '--svg', '-'],
    ['diff', id, other],
    ['diff', id, other, '--json'],
    ['logs'],
    ['logs', '--json'],
    ['fsck'],
    ['fsck', '--json'],
    ['gc', '--dry-run'],
    ['gc', '--dry-run', '--json'],
  ];
  return {
    name: 'views',
    read: async (random) => {
      const [below, kind] = one(files, random);
      const [verb = '', ...rest] = one(verbs(one(ids, random), one(ids, random)), random);
      await withSpoilt(join(root, below), kind, random, async () => {
        await say([verb, root, ...rest], [0, 1, 2, 3, 5]);
      });
    },
  };
}

async function say(argv: readonly string[], codes: readonly number[]): Promise<void> {
  const said: string[] = [];
  const tell = (line: string): void => void said.push(line);
  const terminal = {
    out: tell,
    err: tell,
    status: tell,
    screen: () => undefined,
    isWatched: false,
    columns: 80,
  };
  const code = await main(argv, {}, terminal);
  const text = said.join('\n');
  const what = `galapagos ${argv.map((word) => basename(word)).join(' ')}`;
  if (!codes.includes(code)) throw new Finding(`${what} ended with ${code}: ${text.slice(0, 2000)}`);
  if (/\n {4}at \S+.*:\d+:\d+/.test(text)) throw new Finding(`${what} said a stack: ${text.slice(0, 3000)}`);
  const control = CONTROL.exec(text);
  if (control !== null) {
    const around = JSON.stringify(text.slice(Math.max(0, control.index - 60), control.index + 20));
    throw new Finding(`${what} said a control character: ${around}`);
  }
  if (argv.includes('--json') && !argv.includes('logs') && code === 0) {
    try {
      JSON.parse(said.filter((line) => /^[[{]/.test(line)).join('\n'));
    } catch (error) {
      throw new Finding(`${what} said no JSON: ${String(error)} ${text.slice(0, 500)}`);
    }
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function spoilNpy(array: Buffer, random: SeededRandom): Buffer {
  if (integer(random, 2) === 0) return spoil(array, 'bytes', random);
  const header = spoil(array.subarray(10, 128), 'text', random);
  const head = Buffer.from(array.subarray(0, 10));
  head.writeUInt16LE(Math.min(header.length, 0xffff), 8);
  return Buffer.concat([head, header, array.subarray(128)]);
}
