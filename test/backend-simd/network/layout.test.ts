import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Block, planBlock } from '../../../packages/backend-simd/src/network/block.js';
import { type CompiledGraph, compileGraph } from '../../../packages/backend-simd/src/network/compile.js';
import { encodeProgram } from '../../../packages/backend-simd/src/network/program.js';
import { type Decoded, type DecodedInstruction, accessesOf, decode } from './machine.js';
import { graphs } from './graphs.js';

const statisticsFloats = (channels: number): number => 100 + 8 * channels;

interface Built {
  readonly compiled: CompiledGraph;
  readonly block: Block;
  readonly programs: readonly Decoded[];
}

function build(graph: Parameters<typeof compileGraph>[0], batch: number): Built {
  const compiled = compileGraph(graph, statisticsFloats);
  const block = planBlock(compiled, { trainingBatch: batch, inferenceBatch: batch + 1 });
  const programs = [block.training, block.inference].map((planned) => {
    const ints = new Int32Array(planned?.ints ?? 0);
    if (planned !== undefined) encodeProgram(planned.program, planned.memory, block, graph, ints);
    return decode(ints);
  });
  return { compiled, block, programs };
}

/** Programs of random graphs with random batches. */
function everywhere(check: (built: Built) => void, numRuns = 200): void {
  fc.assert(
    fc.property(graphs, fc.integer({ min: 1, max: 40 }), (graph, batch) => check(build(graph, batch))),
    { numRuns, seed: 7 },
  );
}

/** What is there before the first instruction: parameters, statistics, momenta and the batch. */
function givenLines({ block, compiled }: Built): Map<number, string> {
  const lines = new Map<number, string>();
  for (let line = 0; line < block.lines; line++) {
    const isParameter = line >= block.values && line < block.momenta + compiled.layout.trainableLines;
    const isBatch = line >= block.labels && line < block.buffers;
    if (isParameter || isBatch) lines.set(line, 'given');
  }
  return lines;
}

/** Instructions that may work in place. */
const IN_PLACE: readonly string[] = ['ADD', 'NORMALIZE_INFERENCE', 'NORMALIZE_GRADIENT'];

// An `expect` for each of a million places is half of the whole time: what does not hold is thrown, or collected.
describe('the memory of a program', () => {
  test('what an instruction reads is what was written there for it, and still whole', () => {
    everywhere((built) => {
      for (const program of built.programs) {
        const owners = givenLines(built);
        const written = new Map<string, string>();
        program.instructions.forEach((instruction, at) => {
          const accesses = accessesOf(instruction, program, statisticsFloats);
          for (const { key, line, lines, role } of accesses) {
            if (role === 'write') continue;
            // Gradients lie side by side, and are read together.
            if (instruction.name === 'SGD') continue;
            const owner = written.get(key) ?? 'given';
            for (let i = line; i < line + lines; i++) {
              if (owners.get(i) === owner) continue;
              throw new Error(
                `${instruction.name} ${at}: line ${i} of ${key} is ${owners.get(i)}, not ${owner}`,
              );
            }
          }
          for (const { key, line, lines, role } of accesses) {
            if (role !== 'write') continue;
            if (line + lines > built.block.lines) throw new Error(`${key} by ${at} ends outside`);
            const tag = `${key} by ${at}`;
            written.set(key, tag);
            for (let i = line; i < line + lines; i++) owners.set(i, tag);
          }
        });
      }
    });
  });

  test('operands of one instruction overlap only where it may work in place', () => {
    everywhere(({ programs }) => {
      for (const program of programs) {
        for (const instruction of program.instructions) {
          const accesses = accessesOf(instruction, program, statisticsFloats);
          for (const one of accesses.filter(({ role }) => role !== 'read')) {
            for (const other of accesses) {
              if (other === one || other.line >= one.line + one.lines) continue;
              if (one.line >= other.line + other.lines) continue;
              if (other.key === one.key && IN_PLACE.includes(instruction.name)) continue;
              throw new Error(`${instruction.name}: ${one.key} lies over ${other.key}`);
            }
          }
        }
      }
    });
  });

  test('every plane has the margin that its readers need, and rows that do not compete for the cache', () => {
    everywhere(({ programs }) => {
      for (const { planes, instructions, batch } of programs) {
        for (const { name, args } of instructions) {
          const [, , , , width = 0, stride = 0, , left = 0] = args;
          const forward = stride === 1 ? Math.max(left, width - 1 - left) : 0;
          const needed =
            name === 'CONVOLUTION' || name === 'FILTER_GRADIENT'
              ? forward
              : name === 'INPUT_GRADIENT'
                ? width - 1
                : undefined;
          if (needed === undefined) continue;
          const margin = planes[args[0] ?? -1]?.margin ?? -1;
          if (margin < needed) throw new Error(`${name} reads ${needed} beside a plane with ${margin}`);
        }
        const unfit = planes.filter(
          ({ margin, left, pitch, width }) =>
            left % 16 !== 0 ||
            (pitch / 16) % 2 !== 1 ||
            left < margin * batch ||
            pitch < left + width * batch,
        );
        expect(unfit).toEqual([]);
      }
    });
  });

  test('is not much more than what lives at once', () => {
    let [used, needed] = [0, 0];
    everywhere(({ block }) => {
      const { lifetimes, lines, size } = block.training?.memory ?? { lifetimes: [], lines: [], size: 0 };
      const ends = lifetimes.map((_, i) => lines[i] ?? 0);
      expect(Math.max(0, ...ends)).toBeLessThanOrEqual(size);
      const sizes = sizesOf(block);
      const instructions = block.training?.program.instructions.length ?? 0;
      const live = Array.from({ length: instructions }, (_, at) =>
        lifetimes.reduce(
          (sum, { first, last }, i) => sum + (first <= at && at <= last ? (sizes[i] ?? 0) : 0),
          0,
        ),
      );
      used += size;
      needed += Math.max(0, ...live);
    });
    // No packing at all can do with less than what is needed at the worst instruction.
    expect(used / needed).toBeGreaterThanOrEqual(1);
    expect(used / needed).toBeLessThan(1.03);
  });
});

function sizesOf({ training }: Block): number[] {
  if (training === undefined) return [];
  const { memory } = training;
  const to = new Map<number, number>();
  const decoded = new Int32Array(training.ints);
  encodeProgram(training.program, memory, zeroPlaces, { epsilon: 1, statisticsDecay: 1 }, decoded);
  const { planes } = decode(decoded);
  let plane = 0;
  memory.lifetimes.forEach(({ buffer }, i) => {
    const {
      left = 0,
      height = 0,
      channels = 0,
      pitch = 0,
    } = buffer.kind === 'plane' ? (planes[plane++] ?? {}) : {};
    const floats = buffer.kind === 'plane' ? left + height * channels * pitch : buffer.floats;
    to.set(i, Math.ceil((floats + 64) / 16));
  });
  return [...to.values()];
}

const zeroPlaces = {
  buffers: 0,
  result: 0,
  images: 0,
  placements: 0,
  scale: 0,
  shift: 0,
  labels: 0,
  values: 0,
  gradients: 0,
  momenta: 0,
};

describe('a training program', () => {
  test('writes the gradient of each parameter once, and moves each once', () => {
    everywhere(({ compiled, block, programs: [training] }) => {
      const instructions = training?.instructions ?? [];
      const written = new Map<number, number>();
      const moved = new Map<number, number>();
      const add = (counts: Map<number, number>, line: number) =>
        counts.set(line, (counts.get(line) ?? 0) + 1);
      for (const { name, args } of instructions) {
        for (const line of gradientsWritten({ name, args })) add(written, line);
        if (name !== 'SGD') continue;
        const [value = 0, momentum = 0, gradient = 0, count = 0] = args;
        expect([momentum - block.momenta, gradient - block.gradients]).toEqual(
          Array(2).fill(value - block.values),
        );
        for (let line = value; line < value + count / 16; line++) add(moved, line - block.values);
      }
      const { parameters } = compiled.layout;
      for (const { line, size, isTrainable } of parameters.values()) {
        expect(written.get(block.gradients + line)).toBe(isTrainable ? 1 : undefined);
        for (let i = line; i < line + size / 16; i++) expect(moved.get(i)).toBe(isTrainable ? 1 : undefined);
      }
      expect([...written.keys()]).toHaveLength([...parameters.values()].filter((p) => p.isTrainable).length);
    });
  });

  test('computes the gradient of an activation where something before it learns, and only there', () => {
    let without = 0;
    everywhere(({ programs: [training] }) => {
      const learns = new Map<number, boolean>();
      let expected = 0;
      for (const { name, args } of training?.instructions ?? []) {
        const [a = -1, b = -1, c = -1] = args;
        if (name === 'LOSS') break;
        if (name === 'LOAD_IMAGES') learns.set(a, false);
        if (name === 'RESIZE' || name === 'MATCH_CHANNELS') learns.set(b, learns.get(a) === true);
        if (name === 'ADD') learns.set(c, learns.get(a) === true || learns.get(b) === true);
        if (name === 'NORMALIZE') learns.set(b, true);
        if (name !== 'CONVOLUTION') continue;
        if (learns.get(a) === true) expected++;
        else without++;
        learns.set(c, true);
      }
      const gradients = training?.instructions.filter(({ name }) => name === 'INPUT_GRADIENT');
      expect(gradients).toHaveLength(expected);
    });
    expect(without).toBeGreaterThan(50);
  });

  test('gathers statistics where a convolution is normalised as it is, and there alone', () => {
    let gathered = 0;
    everywhere(({ programs }) => {
      const [training, inference] = programs;
      const of = (program: Decoded | undefined, name: string, place: number) =>
        (program?.instructions ?? []).filter((one) => one.name === name).map(({ args }) => args[place] ?? 0);
      const from = of(training, 'CONVOLUTION', 8).filter((line) => line !== 0);
      const into = of(training, 'NORMALIZE', 8).filter((line) => line !== 0);
      expect(into).toEqual(from);
      expect(of(inference, 'CONVOLUTION', 8).every((line) => line === 0)).toBe(true);
      gathered += from.length;
    });
    expect(gathered).toBeGreaterThan(50);
  });
});

function gradientsWritten({ name, args }: DecodedInstruction): number[] {
  const of = (...places: number[]) => places.map((place) => args[place] ?? 0);
  if (name === 'FILTER_GRADIENT') return of(2);
  if (name === 'NORMALIZE_GRADIENT') return of(5, 6);
  return name === 'DENSE_GRADIENT' ? of(4, 5) : [];
}
