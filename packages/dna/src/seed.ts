import { DNA_FORMAT, type Dna } from './dna.js';

export interface FirstDnaOptions {
  /** @default 0.1 */
  readonly learningRate?: number;
  /** @default 0.0001 */
  readonly weightDecayRate?: number;
}

/**
 * The DNA of an individual of the first kind: no convolution at all, a linear model on the averaged pixels, and
 * "a relatively large learning rate of 0.1" (section 3.1). They are meant to be bad.
 */
export function firstDna({ learningRate = 0.1, weightDecayRate = 0.0001 }: FirstDnaOptions = {}): Dna {
  return {
    format: DNA_FORMAT,
    learningRate,
    weightDecayRate,
    vertices: {
      input: {
        type: 'LINEAR',
        edgesIn: [],
        edgesOut: ['e0'],
        inputsMutable: false,
        outputsMutable: true,
        propertiesMutable: false,
      },
      output: {
        type: 'LINEAR',
        edgesIn: ['e0'],
        edgesOut: [],
        inputsMutable: true,
        outputsMutable: false,
        propertiesMutable: false,
      },
    },
    edges: { e0: { type: 'IDENTITY', from: 'input', to: 'output', depthPrecedence: 0, scalePrecedence: 0 } },
  };
}
