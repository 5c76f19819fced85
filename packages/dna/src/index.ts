export {
  DNA_FORMAT,
  type ConvEdge,
  type Dna,
  type Edge,
  type EdgeId,
  type Vertex,
  type VertexId,
  copyDna,
  dnaSchema,
} from './dna.js';
export { DnaError, type Problem, problemsInWords, schemaProblems } from './errors.js';
export {
  backbone,
  edgeBetween,
  edgeOf,
  inputVertex,
  isSkip,
  outputVertex,
  primaryInEdge,
  topologicalOrder,
  vertexOf,
} from './graph.js';
export { type DrawnMutation, drawnMutationSchema, inheritsWeights, mutate, tryMutation } from './mutate.js';
export { MUTATION_NAMES, type MutationName } from './mutations/mutation.js';
export {
  type Random,
  type RandomState,
  SeededRandom,
  coin,
  integer,
  pick,
  seedOf,
  uniform,
} from './random.js';
export { firstDna } from './seed.js';
export {
  type Convolution,
  type Shape,
  ShapeError,
  type Shapes,
  convolutionOf,
  inferShapes,
} from './shape.js';
export { formatDna, graphProblems, parseDna, parseDnaText } from './validate.js';
