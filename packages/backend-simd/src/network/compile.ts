import { emitBackward } from './backward.js';
import { checkGraph } from './check-graph.js';
import { flatten } from './flatten.js';
import {
  type Activations,
  type Compilation,
  type ConvolutionMethod,
  emitForward,
  roundUp,
} from './forward.js';
import type { NetworkGraph } from './graph.js';
import { type ParameterLayout, layoutParameters } from './parameter-layout.js';
import { type BufferOperand, ProgramBuilder, type SymbolicProgram } from './program-builder.js';

export interface CompileOptions {
  readonly method?: ConvolutionMethod | undefined;
  /** With it images are bytes. */
  readonly normalization?: unknown;
}

/** A network that is checked and taken apart, from which programs can be made. */
export interface CompiledGraph {
  readonly graph: NetworkGraph;
  readonly layout: ParameterLayout;
  /** A whole step: forward, loss, backward, update. */
  training(batch: number): SymbolicProgram;
  /** Counts the correct ones, with the moving statistics. */
  inference(batch: number): SymbolicProgram;
}

/**
 * @param statisticsFloats How many floats a convolution needs to gather the statistics of so many channels.
 * @throws KernelError `SHAPE` or `VALUE`, with the names, where the graph is not one.
 */
export function compileGraph(
  graph: NetworkGraph,
  statisticsFloats: (channels: number) => number,
  { method = 'automatic', normalization }: CompileOptions = {},
): CompiledGraph {
  checkGraph(graph);
  const layout = layoutParameters(graph);
  const flat = flatten(graph);
  const begin = (batch: number): Compilation => ({
    graph,
    flat,
    layout,
    statisticsFloats,
    method,
    isBytes: normalization !== undefined,
    builder: new ProgramBuilder(batch),
  });
  return {
    graph,
    layout,
    training: (batch) => {
      const compilation = begin(batch);
      const forward = emitForward(compilation, true);
      const classified = emitClassifier(compilation, forward);
      emitBackward(compilation, { ...forward, ...classified });
      emitUpdate(compilation);
      return compilation.builder;
    },
    inference: (batch) => {
      const compilation = begin(batch);
      const { logits } = emitClassifier(compilation, emitForward(compilation, false));
      const labels = { region: 'labels', line: 0 } as const;
      compilation.builder.emit('COUNT_CORRECT', logits, labels, graph.classes);
      return compilation.builder;
    },
  };
}

/** The pool and the dense layer. */
function emitClassifier(
  { builder, flat, graph, layout }: Compilation,
  { planeOf }: Activations,
): { features: BufferOperand; logits: BufferOperand } {
  const channels = flat.values[flat.output]?.shape.channels ?? 0;
  const features = builder.array(channels * roundUp(builder.batch));
  const logits = builder.array(builder.batch * graph.classes);
  const { kernel, bias } = graph.dense;
  const value = (name: string) =>
    ({ region: 'values', line: layout.parameters.get(name)?.line ?? 0 }) as const;
  builder.emit('POOL', planeOf(flat.output), features);
  builder.emit('DENSE', features, value(kernel), value(bias), logits, channels, graph.classes);
  return { features, logits };
}

/** Values, momenta and gradients lie side by side, so two instructions move them all. */
function emitUpdate({ builder, layout }: Compilation): void {
  const update = (from: number, to: number, decays: number) => {
    const floats = 16 * (to - from);
    if (floats === 0) return;
    const [value, momentum, gradient] = (['values', 'momenta', 'gradients'] as const).map((region) => ({
      region,
      line: from,
    }));
    builder.emit('SGD', value!, momentum!, gradient!, floats, decays);
  };
  update(0, layout.decayingLines, 1);
  update(layout.decayingLines, layout.trainableLines, 0);
}
