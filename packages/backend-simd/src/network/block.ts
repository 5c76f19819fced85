import { type CompiledGraph, compileGraph } from './compile.js';
import type { NetworkGraph } from './graph.js';
import { type MemoryPlan, planMemory } from './memory-plan.js';
import { LINE_BYTES, linesOf } from './parameter-layout.js';
import type { SymbolicProgram } from './program-builder.js';
import { type Places, programInts } from './program.js';

/** A program and its memory. */
export interface PlannedProgram {
  readonly program: SymbolicProgram;
  readonly memory: MemoryPlan;
  /** Where its instructions lie, in lines from the beginning of the block. */
  readonly line: number;
  readonly ints: number;
}

/** The memory of a network as one block; all places are in lines from its beginning. */
export interface Block extends Places {
  readonly training: PlannedProgram | undefined;
  readonly inference: PlannedProgram | undefined;
  /** Of the whole block. */
  readonly lines: number;
}

export interface Batches {
  /** Examples of a training step; without it the network cannot be trained. */
  readonly trainingBatch?: number | undefined;
  /** Examples that are classified at once; without it nothing can be. */
  readonly inferenceBatch?: number | undefined;
  /** With it images come as bytes ({@link ByteBatch}); without it as floats. */
  readonly normalization?: Normalization | undefined;
}

/** Of each channel: a byte becomes (byte - mean) / deviation. */
export interface Normalization {
  readonly mean: ArrayLike<number>;
  readonly deviation: ArrayLike<number>;
}

/**
 * Bytes of the memory of a compiled network, before there is one.
 * @throws KernelError as `CompiledNetwork` does where the graph is not one.
 */
export function networkBytes(graph: NetworkGraph, batches: Batches): number {
  const compiled = compileGraph(graph, mostStatisticsFloats, batches);
  return LINE_BYTES * planBlock(compiled, batches).lines;
}

/** Enough for any number of threads. */
function mostStatisticsFloats(channels: number): number {
  return 4096 * 4 + channels * 64 * 4;
}

/** Both programs share the batch and the activations: only one of them runs at a time. */
export function planBlock(compiled: CompiledGraph, batches: Batches): Block {
  const { trainingBatch, inferenceBatch, normalization } = batches;
  const { graph, layout } = compiled;
  let end = 0;
  const take = (lines: number): number => {
    const line = end;
    end += lines;
    return line;
  };
  const plan = (program: SymbolicProgram): PlannedProgram => {
    const memory = planMemory(program);
    const ints = programInts(program, memory);
    return { program, memory, ints, line: take(linesOf(ints)) };
  };
  const training = trainingBatch === undefined ? undefined : plan(compiled.training(trainingBatch));
  const inference = inferenceBatch === undefined ? undefined : plan(compiled.inference(inferenceBatch));
  const batch = Math.max(trainingBatch ?? 0, inferenceBatch ?? 0);
  const { height, width, channels } = graph.image;
  const pixels = batch * height * width * channels;
  const isBytes = normalization !== undefined;
  const learned = training === undefined ? 0 : layout.trainableLines;
  return {
    training,
    inference,
    result: take(1),
    values: take(layout.lines),
    momenta: take(learned),
    gradients: take(learned),
    labels: take(linesOf(batch)),
    images: take(linesOf(isBytes ? Math.ceil(pixels / 4) : pixels)),
    placements: take(isBytes ? linesOf(3 * batch) : 0),
    scale: take(isBytes ? linesOf(channels) : 0),
    shift: take(isBytes ? linesOf(channels) : 0),
    buffers: take(Math.max(training?.memory.size ?? 0, inference?.memory.size ?? 0)),
    lines: end,
  };
}
