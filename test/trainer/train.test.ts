import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError, type Operations, simdOperations } from '@galapagos/backend-simd';
import { SeededRandom, firstDna, formatDna, integer } from '@galapagos/dna';
import {
  type Filesystem,
  checkpointName,
  findCheckpoints,
  nodeFilesystem,
  sha256,
} from '@galapagos/population';
import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { decodeState } from '../../packages/trainer/src/checkpoint.js';
import { costOf } from '../../packages/trainer/src/flops.js';
import type { TrainingOutcome, TrainingRequest } from '../../packages/trainer/src/messages.js';
import { batchSizes, compiledCost } from '../../packages/trainer/src/network.js';
import { planNetwork } from '../../packages/trainer/src/plan.js';
import { trainIndividual } from '../../packages/trainer/src/train.js';
import { decodeWeights, encodeWeights } from '../../packages/trainer/src/weights-file.js';
import {
  benchOf,
  chain,
  freshWeights,
  furthestCheckpoint,
  individualOf,
  outputOf,
  randomDna,
} from './support.js';

const image = { height: 8, width: 8, channels: 1 };
const small = chain([
  { conv: { factor: 4 }, bn: true },
  { conv: {}, bn: true },
]);
const planOf = (dna = small) => planNetwork(dna, image, 3);

function resultOf(outcome: TrainingOutcome) {
  if (outcome.kind !== 'evaluated') throw new Error(`${outcome.kind}: ${JSON.stringify(outcome)}`);
  return outcome.result;
}

function failureOf(outcome: TrainingOutcome) {
  if (outcome.kind !== 'failed') throw new Error(outcome.kind);
  return outcome.failure;
}

describe('a training', () => {
  test('ends with weights on disk, a curve, and what it cost', async () => {
    const bench = await benchOf({ steps: 150, batchSize: 10 });
    const request = individualOf(small);
    const tensors = memory().numTensors;
    const outcome = await trainIndividual(bench, request);
    const result = resultOf(outcome);
    expect(memory().numTensors).toBe(tensors);
    const weights = outputOf(request, 'weights.safetensors');
    const cost = costOf(planOf(), 10);
    const flops = 150 * cost.flopsPerStep + 100 * cost.flopsPerValidation;
    expect(outcome).toMatchObject({ flops, seconds: result.seconds });
    expect(result).toEqual({
      fitness: result.fitness,
      diverged: false,
      steps: 150,
      seconds: result.seconds,
      flops,
      parameters: cost.parameters,
      backend: 'wasm',
      backendDetail: 'simd128',
      weights: sha256(weights),
    });
    expect(result.fitness * 100).toBeCloseTo(Math.round(result.fitness * 100), 9);
    expect([...decodeWeights(weights).arrays.keys()]).toEqual([...freshWeights(planOf()).keys()]);
    const curve = outputOf(request, 'curve.jsonl').toString().trimEnd().split('\n');
    expect(curve).toHaveLength(150);
    expect(JSON.parse(curve.at(-1) ?? '')).toEqual({ step: 150, loss: expect.any(Number) as number });
    expect(readdirSync(request.output).sort()).toEqual(['curve.jsonl', 'weights.safetensors']);
    expect(bench.messages.filter(({ type }) => type === 'progress').length).toBeGreaterThan(0);
  });

  test('learns what a linear model cannot', async () => {
    const training = { steps: 300, batchSize: 25 };
    const linear = resultOf(await trainIndividual(await benchOf(training), individualOf(firstDna())));
    const convolution = resultOf(await trainIndividual(await benchOf(training), individualOf(small)));
    // Three classes: a third is chance; 100 examples have a standard deviation of 5 points there.
    expect(linear.fitness).toBeLessThan(0.5);
    expect(convolution.fitness).toBeGreaterThan(0.75);
  });

  test('goes on from inherited weights', async () => {
    const training = { steps: 200, batchSize: 25 };
    const request = individualOf(small);
    const parent = resultOf(await trainIndividual(await benchOf(training), request));
    const inherited = outputOf(request, 'weights.safetensors');
    const brief = await benchOf({ ...training, steps: 1 });
    const child = resultOf(await trainIndividual(brief, individualOf(small, { inherited, seed: 'child' })));
    const orphan = resultOf(await trainIndividual(brief, individualOf(small, { seed: 'child' })));
    expect(child.fitness).toBeGreaterThan(parent.fitness - 0.15);
    expect(child.fitness).toBeGreaterThan(orphan.fitness + 0.2);
  });

  test('has the same bits for the same seed, others for another', async () => {
    const run = async (seed: string) => {
      const request = individualOf(small, { seed });
      const result = resultOf(
        await trainIndividual(await benchOf({ steps: 5, batchSize: 10, padCrop: 1, flip: true }), request),
      );
      return result.weights;
    };
    expect(await run('one')).toBe(await run('one'));
    expect(await run('one')).not.toBe(await run('two'));
  });
});

describe('continued', () => {
  // Ends in the middle of an epoch of 250 examples, with chance for augmentations.
  const training = { steps: 40, batchSize: 20, padCrop: 2, flip: true, momentum: 0.9 };
  const random = new SeededRandom('stops');
  const cases = Array.from({ length: 5 }, (_, i) => ({
    dna: i === 0 ? small : randomDna(`continued ${i}`, 12, image),
    stops: Array.from({ length: 3 }, () => 1 + integer(random, 36)).sort((a, b) => a - b),
  }));

  /** Trains with a hand-back before each of these steps; each owner has a folder of its own. */
  async function trainInPieces(request: TrainingRequest, stops: readonly number[]): Promise<TrainingOutcome> {
    let next = request;
    for (const [index, stop] of stops.entries()) {
      let step = next.resume?.step ?? 0;
      const bench = await benchOf(training, {
        betweenSteps: (self) => {
          if (step++ === stop) self.askBack();
        },
      });
      const outcome = await trainIndividual(bench, next);
      expect(outcome.kind).toBe('handed-back');
      const resume = await furthestCheckpoint(next.output);
      expect(resume).toMatchObject({ attempt: 1, step: stop });
      const output = join(request.individual, String(index + 2));
      mkdirSync(output);
      const name = checkpointName(resume);
      writeFileSync(join(output, name), outputOf(next, name));
      next = { ...next, output, resume };
    }
    const outcome = await trainIndividual(await benchOf(training), next);
    expect(outputOf(next, 'curve.jsonl').toString().split('\n')).toHaveLength(training.steps + 1);
    return outcome;
  }

  test.each(cases)(
    'at steps $stops it has the weights and the fitness of one that never stopped, bit for bit',
    async ({ dna, stops }) => {
      const whole = resultOf(await trainIndividual(await benchOf(training), individualOf(dna)));
      const pieces = await trainInPieces(individualOf(dna), [...new Set(stops)]);
      const result = resultOf(pieces);
      expect(result).toEqual({ ...whole, seconds: result.seconds });
      expect(whole.weights).toMatch(/^[0-9a-f]{64}$/);
      // What this piece spent is not what all of them did.
      expect(pieces.flops).toBeLessThan(result.flops);
      expect(pieces.seconds).toBeLessThan(result.seconds);
    },
  );

  test('after it was killed, from its last checkpoint', async () => {
    const whole = resultOf(await trainIndividual(await benchOf(training), individualOf(small)));
    const request = individualOf(small);
    let step = 0;
    const dying = await benchOf(
      { ...training, checkpointSeconds: 1e-9 },
      {
        betweenSteps: () => {
          if (step++ === 30) throw new Error('as good as dead');
        },
      },
    );
    expect(failureOf(await trainIndividual(dying, request))).toMatchObject({
      class: 'crash',
      reason: 'as good as dead',
    });
    const resume = await furthestCheckpoint(request.output);
    expect(resume.step).toBe(29);
    expect(await findCheckpoints(nodeFilesystem, request.output)).toHaveLength(2);
    const outcome = await trainIndividual(await benchOf(training), { ...request, resume });
    expect(resultOf(outcome).weights).toBe(whole.weights);
  });

  test('a checkpoint holds weights, momentum, statistics, the step, chance, and what was spent', async () => {
    const request = individualOf(small);
    let step = 0;
    const bench = await benchOf(training, { betweenSteps: (self) => void (step++ === 7 && self.askBack()) });
    const outcome = await trainIndividual(bench, request);
    const state = decodeState(outputOf(request, checkpointName(await furthestCheckpoint(request.output))));
    if (state === undefined) throw new Error('no state in a checkpoint');
    const names = [...freshWeights(planOf()).keys()];
    const momenta = names.filter((name) => !/mean|variance/.test(name)).map((name) => `momentum/${name}`);
    expect([...state.arrays.keys()].sort()).toEqual([...names, ...momenta].sort());
    expect(state).toMatchObject({
      step: 7,
      flops: 7 * costOf(planOf(), 20).flopsPerStep,
      stream: { position: 140 },
    });
    expect(outcome.flops).toBe(state.flops);
    expect(state.seconds).toBeGreaterThan(0);
    expect(state.curve).toHaveLength(7);
  });

  test('handed back before its first step, it leaves nothing', async () => {
    const request = individualOf(small);
    const bench = await benchOf(training, { betweenSteps: (self) => self.askBack() });
    expect(await trainIndividual(bench, request)).toMatchObject({ kind: 'handed-back', flops: 0 });
    expect(readdirSync(request.output)).toEqual([]);
  });

  test('handed back during its validation, it is validated by the next', async () => {
    const whole = resultOf(await trainIndividual(await benchOf(training), individualOf(small)));
    const request = individualOf(small);
    let step = 0;
    const bench = await benchOf(training, { betweenSteps: (self) => void (step++ === 41 && self.askBack()) });
    expect((await trainIndividual(bench, request)).kind).toBe('handed-back');
    const resume = await furthestCheckpoint(request.output);
    expect(resume.step).toBe(40);
    const result = resultOf(await trainIndividual(await benchOf(training), { ...request, resume }));
    expect(result).toEqual({ ...whole, seconds: result.seconds });
  });

  test('on another back end, it says which trained it before', async () => {
    const request = individualOf(small);
    let step = 0;
    const bench = await benchOf(training, { betweenSteps: (self) => void (step++ === 7 && self.askBack()) });
    await trainIndividual(bench, request);
    const resume = await furthestCheckpoint(request.output);
    const next = await benchOf(training);
    const other = { ...next.backend, name: 'cpu', detail: 'of another make' } as const;
    const result = resultOf(await trainIndividual({ ...next, backend: other }, { ...request, resume }));
    expect(result).toMatchObject({
      backend: 'cpu',
      backendDetail: 'of another make',
      earlierBackends: ['wasm simd128'],
    });
  });

  test('a checkpoint that is not what its name says is not continued from', async () => {
    const request = individualOf(small);
    const resume = { attempt: 1, step: 7, hash: '0123456789abcdef' };
    writeFileSync(join(request.output, checkpointName(resume)), 'something else');
    const whole = resultOf(await trainIndividual(await benchOf(training), individualOf(small)));
    const result = resultOf(await trainIndividual(await benchOf(training), { ...request, resume }));
    expect(result.weights).toBe(whole.weights);
  });
});

describe('a loss that is no longer a number', () => {
  test('is fitness 0, without weights, and ends the training', async () => {
    const dna = chain([{ conv: {} }], { learningRate: 1e30 });
    const request = individualOf(dna);
    const outcome = await trainIndividual(await benchOf({ steps: 50, batchSize: 10 }), request);
    const result = resultOf(outcome);
    expect(result).toMatchObject({ fitness: 0, diverged: true, weights: null });
    expect(result.steps).toBeLessThan(10);
    // It was not validated.
    expect(result.flops).toBe(result.steps * costOf(planOf(dna), 10).flopsPerStep);
    expect(readdirSync(request.output)).toEqual(['curve.jsonl']);
  });

  test('counts also where only the last update showed it', async () => {
    const dna = chain([{ conv: {} }], { learningRate: 1e39 });
    const request = individualOf(dna);
    const result = resultOf(await trainIndividual(await benchOf({ steps: 1, batchSize: 10 }), request));
    expect(result).toMatchObject({ fitness: 0, diverged: true, weights: null, steps: 1 });
    expect(existsSync(join(request.output, 'weights.safetensors'))).toBe(false);
  });
});

describe('limits', () => {
  const sizes = batchSizes(
    simdOperations,
    { batchSize: 10 },
    { normalization: { mean: [0], deviation: [1] } },
  );
  const cost = compiledCost(planOf(), simdOperations, costOf(planOf(), 10), sizes);
  test.each([
    ['parameters', cost.parameters, '211 parameters, more than the limit of 100'],
    ['flopsPerExample', cost.flopsPerStep / 10, '75.49 kFLOP per example, more than the limit of 100 FLOP'],
    ['memoryBytes', cost.memoryBytes, '128.3 kB of memory for a training step, more than the limit of 100 B'],
  ] as const)('%s', async (limit, exactly, reason) => {
    const run = async (value: number) =>
      await trainIndividual(
        await benchOf({ steps: 1, batchSize: 10, limits: { [limit]: value } }),
        individualOf(small),
      );
    expect((await run(exactly)).kind).toBe('evaluated');
    expect(failureOf(await run(exactly - 1)).class).toBe('over-limit');
    expect(await run(100)).toMatchObject({
      kind: 'failed',
      seconds: 0,
      flops: 0,
      failure: { class: 'over-limit', reason: `${reason} (training.limits.${limit})` },
    });
  });

  test('what no computer could build is over a limit, and is not built', async () => {
    const conv = { factor: 1e6, halfHeight: 1e6, halfWidth: 1e6 };
    const outcome = await trainIndividual(
      await benchOf({ steps: 1 }),
      individualOf(chain([{ conv }, { conv }])),
    );
    expect(failureOf(outcome).class).toBe('over-limit');
  });

  test('seconds, those of earlier owners included', async () => {
    const training = { steps: 1e6, batchSize: 10, limits: { seconds: 0.3 } };
    const outcome = await trainIndividual(await benchOf(training), individualOf(small));
    const { class: failureClass, reason } = failureOf(outcome);
    expect(failureClass).toBe('over-limit');
    expect(reason).toMatch(
      /^0\.[3-9]\d* s of training, more than the limit of 0\.3 s \(training\.limits\.seconds\), at step \d+ of 1000000$/,
    );
    expect(outcome.seconds).toBeGreaterThan(0.3);
    expect(outcome.flops).toBeGreaterThan(0);
  });

  test('memory that the estimate did not foresee, as it is used', async () => {
    const training = { steps: 3, batchSize: 10, limits: { memoryBytes: 1e9 } };
    const run = async (grownBy: number) =>
      await trainIndividual(await benchOf(training, { memoryGrowth: () => grownBy }), individualOf(small));
    expect((await run(2.256e9)).kind).toBe('evaluated');
    expect(failureOf(await run(2.3e9))).toMatchObject({
      class: 'out-of-memory',
      reason:
        '2.3 GB of memory in use, more than 2.256 GB: twice training.limits.memoryBytes, which is 1 GB, and 256 MB',
    });
  });
});

describe('bad data', () => {
  const cyclic = () => {
    const dna = structuredClone(small);
    const edge = dna.edges['e1'];
    if (edge !== undefined) edge.from = 'v2';
    return formatDna(dna);
  };
  const truncated = encodeWeights(freshWeights(planOf())).subarray(0, 500);

  test.each([
    ['no JSON', '{', undefined, /dna\.json/],
    ['a cycle', cyclic(), undefined, /dna\.json/],
    ['channels that round to none', formatDna(chain([{ conv: { factor: 0.01 } }])), undefined, /become 0/],
    ['weights that were cut short', small, truncated, /^inherited\.safetensors: shorter than/],
  ])('%s', async (_name, dna, inherited, reason) => {
    const request = individualOf(dna, inherited === undefined ? {} : { inherited });
    const failure = failureOf(await trainIndividual(await benchOf({ steps: 1 }), request));
    expect(failure.class).toBe('bad-data');
    expect(failure.reason).toMatch(reason);
    expect(failure.log).toContain(failure.reason.split('\n')[0]);
  });

  test('a directory where the DNA should be', async () => {
    const request = individualOf(small);
    rmSync(join(request.individual, 'dna.json'));
    mkdirSync(join(request.individual, 'dna.json'));
    expect(failureOf(await trainIndividual(await benchOf({ steps: 1 }), request)).class).toBe('bad-data');
  });

  test('a checkpoint of another network', async () => {
    const other = individualOf(chain([{ conv: {} }]));
    let step = 0;
    const bench = await benchOf(
      { steps: 5 },
      { betweenSteps: (self) => void (step++ === 2 && self.askBack()) },
    );
    await trainIndividual(bench, other);
    const resume = await furthestCheckpoint(other.output);
    writeFileSync(join(other.individual, 'dna.json'), formatDna(small));
    const failure = failureOf(await trainIndividual(await benchOf({ steps: 5 }), { ...other, resume }));
    expect(failure).toMatchObject({
      class: 'bad-data',
      reason: expect.stringContaining('edge/e1/filter has shape') as string,
    });
  });
});

describe('an error in the middle of a step', () => {
  test.each([
    ['out-of-memory', new KernelError('OUT_OF_MEMORY', 'no room')],
    ['out-of-memory', new RangeError('Array buffer allocation failed')],
    ['out-of-memory', new Error('OOM when allocating tensor with shape[50,14,14,3]')],
    ['crash', new KernelError('SHAPE', 'x has shape [1]')],
    ['crash', new RangeError('another')],
  ])('is %s: %s', async (failureClass, error) => {
    const bench = await benchOf({ steps: 5, batchSize: 10 });
    let calls = 0;
    const { operations } = bench.backend;
    const dense: Operations['dense'] = (x, kernel, bias) => {
      if (++calls === 4) throw error;
      return operations.dense(x, kernel, bias);
    };
    const backend = { ...bench.backend, operations: { ...operations, dense } };
    const outcome = await trainIndividual({ ...bench, backend }, individualOf(small));
    expect(failureOf(outcome)).toMatchObject({ class: failureClass, reason: error.message });
    expect(outcome.flops).toBe(3 * costOf(planOf(), 10).flopsPerStep);
  });
});

/** Has no room for anything that is written until then. */
function fullUntil(filesystem: Filesystem, hasRoom: () => boolean): Filesystem {
  return {
    ...filesystem,
    write: async (file, data) => {
      if (hasRoom()) return await filesystem.write(file, data);
      await filesystem.write(file, data.slice(0, 10));
      throw Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC', syscall: 'write', errno: -28 });
    },
  };
}

describe('the filesystem', () => {
  test('a folder that went away: the individual is another’s', async () => {
    const request = individualOf(small);
    const bench = await benchOf(
      { steps: 100, checkpointSeconds: 1e-9 },
      { betweenSteps: () => rmSync(request.individual, { recursive: true, force: true }) },
    );
    expect((await trainIndividual(bench, request)).kind).toBe('taken-away');
    expect((await trainIndividual(await benchOf({ steps: 1 }), request)).kind).toBe('taken-away');
  });

  test.each(['EROFS', 'EIO'])('%s is no fault of the individual', async (code) => {
    const bench = await benchOf({ steps: 1 });
    const full = {
      ...bench,
      filesystem: {
        ...bench.filesystem,
        write: () =>
          Promise.reject(Object.assign(new Error(`${code}: write`), { code, syscall: 'write', errno: -28 })),
      },
    };
    await expect(trainIndividual(full, individualOf(small))).rejects.toThrow(code);
    const checkpoints = { ...full, settings: { ...full.settings, steps: 3, checkpointSeconds: 1e-9 } };
    await expect(trainIndividual(checkpoints, individualOf(small))).rejects.toThrow();
  });

  test('a full disk costs checkpoints, and the weights wait for room', async () => {
    const bench = await benchOf({ steps: 4, checkpointSeconds: 1e-9 });
    const waits: number[] = [];
    const filesystem = fullUntil(bench.filesystem, () => waits.length === 2);
    const clock = { ...bench.clock, sleep: (seconds: number) => Promise.resolve(void waits.push(seconds)) };
    const request = individualOf(small);
    const outcome = await trainIndividual({ ...bench, filesystem, clock }, request);
    expect(resultOf(outcome).weights).toBe(sha256(outputOf(request, 'weights.safetensors')));
    expect(waits).toEqual([5, 5]);
    // Each of four checkpoints that was left out, and once that the weights wait.
    const told = bench.messages.flatMap((message) => (message.type === 'full' ? [message.reason] : []));
    expect(told).toHaveLength(4 + 1);
    expect(told[0]).toContain('the disk is full: free some space');
    expect(readdirSync(request.output).sort()).toEqual(['curve.jsonl', 'weights.safetensors']);
  });

  test('a full disk keeps nobody from handing back', async () => {
    const bench = await benchOf({ steps: 4 });
    const filesystem = fullUntil(bench.filesystem, () => false);
    const clock = { ...bench.clock, sleep: () => Promise.resolve(bench.askBack()) };
    const outcome = await trainIndividual({ ...bench, filesystem, clock }, individualOf(small));
    expect(outcome.kind).toBe('handed-back');
  });

  test('the parent is told when it is waited for, and when it has answered', async () => {
    const bench = await benchOf({ steps: 2, batchSize: 10, checkpointSeconds: 1e-9 });
    await trainIndividual(bench, individualOf(small));
    const types = bench.messages.map(({ type }) => type).filter((type) => type !== 'progress');
    const pairs = types.length / 2;
    expect(types).toEqual(Array.from({ length: pairs }, () => ['waiting', 'working']).flat());
    // DNA, weights, two checkpoints, final weights, the curve.
    expect(pairs).toBe(6);
  });
});
