import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkBatch } from '@galapagos/backend-simd';
import { loadDataset } from '@galapagos/datasets';
import { type Dna, SeededRandom, firstDna, formatDna, mutate, parseDna } from '@galapagos/dna';
import {
  type Checkpoint,
  type Clock,
  findCheckpoints,
  nodeFilesystem,
  systemClock,
} from '@galapagos/population';
import { afterEach } from 'vitest';
import { chooseBackend } from '../../packages/trainer/src/backend.js';
import { Examples } from '../../packages/trainer/src/examples.js';
import { startingWeights } from '../../packages/trainer/src/inherit-weights.js';
import type { FromTrainer, TrainingRequest } from '../../packages/trainer/src/messages.js';
import { parametersOf } from '../../packages/trainer/src/parameters.js';
import type { Network } from '../../packages/trainer/src/network.js';
import type { Plan } from '../../packages/trainer/src/plan.js';
import { trainingSchema } from '../../packages/trainer/src/settings.js';
import { cpuSeconds } from '../../packages/trainer/src/work-time.js';
import type { Workbench } from '../../packages/trainer/src/workbench.js';

/** One vertex of {@link chain}, with the edge that leads to it. */
export interface Link {
  readonly bn?: boolean;
  readonly leakiness?: number;
  /** Absent: an identity. */
  readonly conv?: { factor?: number; halfHeight?: number; halfWidth?: number; strideScale?: number };
}

/** A DNA without branches: the vertices v1, v2, … behind the image, each reached by the edge e1, e2, … */
export function chain(links: readonly Link[], rates: Partial<Pick<Dna, 'learningRate'>> = {}): Dna {
  const free = { inputsMutable: true, outputsMutable: true, propertiesMutable: true };
  const dna: Dna = { ...firstDna(), ...rates, vertices: {}, edges: {} };
  dna.vertices['v0'] = { type: 'LINEAR', edgesIn: [], edgesOut: [], ...free };
  links.forEach(({ bn = false, leakiness = 0, conv }, index) => {
    const common = { edgesIn: [], edgesOut: [], ...free };
    dna.vertices[`v${index + 1}`] = bn
      ? { type: 'BN_RELU', leakiness, ...common }
      : { type: 'LINEAR', ...common };
    addEdge(dna, `e${index + 1}`, `v${index}`, `v${index + 1}`, conv);
  });
  return parseDna(dna);
}

/** Adds an edge to a DNA of one's own; without `conv` an identity, with a low rank unless it is the first. */
export function addEdge(dna: Dna, id: string, from: string, to: string, conv?: Link['conv']): void {
  const rank = dna.vertices[to]?.edgesIn.length ?? 0;
  const common = { from, to, depthPrecedence: rank, scalePrecedence: rank };
  const { factor = 1, halfHeight = 1, halfWidth = 1, strideScale = 0 } = conv ?? {};
  dna.edges[id] =
    conv === undefined
      ? { type: 'IDENTITY', ...common }
      : {
          type: 'CONV',
          ...common,
          depthFactor: factor,
          filterHalfHeight: halfHeight,
          filterHalfWidth: halfWidth,
          strideScale,
        };
  dna.vertices[from]?.edgesOut.push(id);
  dna.vertices[to]?.edgesIn.push(id);
}

/** A random DNA: so many mutations after the first individual. */
export function randomDna(
  seed: string,
  mutations: number,
  image: Parameters<typeof mutate>[2]['image'],
): Dna {
  return mutate(firstDna(), new SeededRandom(seed), { count: mutations, image }).dna;
}

/** Fresh weights of a network. */
export function freshWeights(plan: Plan, seed = 'weights') {
  return startingWeights(parametersOf(plan), undefined, seed);
}

/** The batch of a network that was made for floats. */
export function floatsOf(batch: Network['training']): NetworkBatch {
  if ('bytes' in batch) throw new Error('the network takes bytes');
  return batch;
}

/** Fills a batch of a network with random images and labels. */
export function fillRandomly(plan: Plan, batch: Network['training'], seed = 'batch'): void {
  const { size, images, labels } = floatsOf(batch);
  const random = new SeededRandom(seed);
  images.set(Float32Array.from({ length: images.length }, () => 2 * random.next() - 1));
  labels.set(Int32Array.from({ length: size }, () => Math.floor(random.next() * plan.classes)));
}

/** A small data set of stripes, which no linear model can tell apart. */
export const stripes = {
  source: 'synthetic',
  validation: 100,
  test: 50,
  synthetic: { height: 8, width: 8, channels: 1, classes: 3, examples: 400, noise: 0.1 },
} as const;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'galapagos-trainer-'));
  folders.push(folder);
  return folder;
}

/** An individual in training, in its folder, as a worker would have put it there. */
export function individualOf(
  dna: Dna | string,
  options: { inherited?: Uint8Array; seed?: string } = {},
): TrainingRequest {
  const individual = temporaryFolder();
  const output = join(individual, '1');
  mkdirSync(output);
  writeFileSync(join(individual, 'dna.json'), typeof dna === 'string' ? dna : formatDna(dna));
  if (options.inherited !== undefined)
    writeFileSync(join(individual, 'inherited.safetensors'), options.inherited);
  const { seed = 'seed' } = options;
  return { id: 'w-1', individual, output, attempt: 1, seed, resume: undefined };
}

export interface TestBench extends Workbench {
  readonly messages: FromTrainer[];
  /** Aborts `handBack`. */
  askBack(): void;
}

/** A trainer's tools in this process, on the `wasm` back end. */
export async function benchOf(
  training: Record<string, unknown>,
  options: {
    data?: Parameters<typeof loadDataset>[0];
    betweenSteps?: (bench: TestBench) => void;
    memoryGrowth?: () => number;
    clock?: Clock;
  } = {},
): Promise<TestBench> {
  const settings = trainingSchema.parse(training);
  const backend = await chooseBackend('wasm');
  const dataset = await loadDataset(options.data ?? stripes);
  const messages: FromTrainer[] = [];
  const handBack = new AbortController();
  const bench: TestBench = {
    backend,
    settings,
    examples: new Examples(dataset, settings),
    filesystem: nodeFilesystem,
    clock: options.clock ?? systemClock,
    cpuSeconds,
    messages,
    tell: (message) => messages.push(message),
    betweenSteps: () => Promise.resolve(options.betweenSteps?.(bench)),
    memoryGrowth: options.memoryGrowth ?? (() => 0),
    handBack: handBack.signal,
    askBack: () => handBack.abort(),
  };
  return bench;
}

/** The furthest checkpoint in a folder. */
export async function furthestCheckpoint(folder: string): Promise<Checkpoint> {
  const [furthest] = await findCheckpoints(nodeFilesystem, folder);
  if (furthest === undefined) throw new Error(`no checkpoint among ${readdirSync(folder).join(', ')}`);
  return furthest;
}

/** The bytes of a file in an individual's folder of output. */
export function outputOf(request: TrainingRequest, name: string): Buffer {
  return readFileSync(join(request.output, name));
}
