import { z } from 'zod';

/** The DNA format that this version writes, and the newest that it reads. */
export const DNA_FORMAT = 1;

/** What an id is, in words. */
export const ID_RULE = 'an id is a lower-case letter and up to 31 lower-case letters and digits';

const id = z.string().regex(/^[a-z][a-z0-9]{0,31}$/, ID_RULE);

const precedence = z.int('expected a whole number');

const vertexFields = {
  edgesIn: z.array(id).describe('Ids of the edges that end here.'),
  edgesOut: z.array(id).describe('Ids of the edges that start here.'),
  inputsMutable: z.boolean().describe('May a mutation change which edges end here?'),
  outputsMutable: z.boolean().describe('May a mutation change which edges start here?'),
  propertiesMutable: z
    .boolean()
    .describe('May a mutation change the numbers of a convolution that ends here, or remove this vertex?'),
};

const vertexSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('LINEAR'), ...vertexFields }),
    z.strictObject({
      type: z.literal('BN_RELU'),
      leakiness: z
        .number()
        .min(0)
        .max(1)
        .describe('Slope of the ReLU for negative inputs; 0 is the plain ReLU.'),
      ...vertexFields,
    }),
  ])
  .describe('An activation. Its height, width and channels follow from its in-edges and are never stored.');

const edgeFields = {
  from: id.describe('The vertex that it starts from.'),
  to: id.describe('The vertex that it ends at.'),
  depthPrecedence: precedence.describe(
    'Among the in-edges of a vertex the one with the lowest number decides the channels.',
  ),
  scalePrecedence: precedence.describe(
    'Among the in-edges of a vertex the one with the lowest number decides height and width.',
  ),
};

const edgeSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('IDENTITY'), ...edgeFields }),
    z.strictObject({
      type: z.literal('CONV'),
      ...edgeFields,
      depthFactor: z
        .number()
        .positive()
        .describe('Channels out, relative to channels in; rounded when built.'),
      filterHalfHeight: z.number().min(0).describe('The filter is 2 round(h) + 1 high.'),
      filterHalfWidth: z.number().min(0).describe('The filter is 2 round(w) + 1 wide.'),
      strideScale: z.number().min(0).describe('The stride is 2 to the round(s), in both directions.'),
    }),
  ])
  .describe('A convolution or an identity. Numbers are kept as floats, so that small mutations add up.');

/** The JSON Schema source of a DNA file; `validate.ts` adds what a schema cannot say. */
export const dnaSchema = z
  .strictObject({
    format: z.literal(DNA_FORMAT).describe('Version of this format.'),
    learningRate: z.number().positive().describe('Constant within one training.'),
    weightDecayRate: z.number().min(0).describe('Factor of the L2 penalty on filters and the dense layer.'),
    vertices: z.record(id, vertexSchema),
    edges: z.record(id, edgeSchema),
  })
  .describe('The DNA of one individual: a directed acyclic graph from the image to the classifier.');

/**
 * The genotype of an individual (Real et al. 2017, section 3.2 and supplement S1).
 * Weights are stored beside it, never in it.
 */
export type Dna = z.infer<typeof dnaSchema>;
export type Vertex = Dna['vertices'][string];
export type Edge = Dna['edges'][string];
export type ConvEdge = Extract<Edge, { type: 'CONV' }>;
export type VertexId = string;
export type EdgeId = string;

/** A DNA is never changed in place: copy, then mutate. By hand it takes a third of what `structuredClone` does. */
export function copyDna({ vertices, edges, ...rest }: Dna): Dna {
  return {
    ...rest,
    vertices: mapValues(vertices, (vertex) => ({
      ...vertex,
      edgesIn: [...vertex.edgesIn],
      edgesOut: [...vertex.edgesOut],
    })),
    edges: mapValues(edges, (edge) => ({ ...edge })),
  };
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([id, value]) => [id, map(value)]));
}
