/**
 * What an operand is to its instruction: a plane or an array that it reads, writes, or both; an array that may be
 * missing (0); a whole number; a float.
 */
type Role = 'read' | 'write' | 'update' | 'read?' | 'write?' | 'int' | 'float';

interface Signature {
  readonly code: number;
  readonly roles: readonly Role[];
  /** Pairs of operands, one read and one written, that may be the same plane. */
  readonly inPlace?: readonly (readonly [read: number, written: number])[];
}

const CONVOLUTION: readonly Role[] = ['int', 'int', 'int', 'int', 'int'];

/** The instructions of kernels/program.h and their operands, in its order. */
export const INSTRUCTIONS = {
  /** out, images [N, height, width, channels] */
  LOAD_IMAGES: { code: 1, roles: ['write', 'read'] },
  /** x, filter, y, height, width, stride, top, left, statistics, method */
  CONVOLUTION: { code: 2, roles: ['read', 'read', 'write', ...CONVOLUTION, 'write?', 'int'] },
  /** x, y */
  RESIZE: { code: 3, roles: ['read', 'write'] },
  /** x, y; its own gradient */
  MATCH_CHANNELS: { code: 4, roles: ['read', 'write'] },
  /** a, b, y */
  ADD: {
    code: 5,
    roles: ['read', 'read', 'write'],
    inPlace: [
      [0, 2],
      [1, 2],
    ],
  },
  /** x, y, gamma, beta, mean, variance, saved, leakiness, statistics */
  NORMALIZE: {
    code: 6,
    roles: ['read', 'write', 'read', 'read', 'update', 'update', 'write', 'float', 'read?'],
  },
  /** x, y, gamma, beta, mean, variance, leakiness */
  NORMALIZE_INFERENCE: {
    code: 7,
    roles: ['read', 'write', 'read', 'read', 'read', 'read', 'float'],
    inPlace: [[0, 1]],
  },
  /** x, features [channels][N] */
  POOL: { code: 8, roles: ['read', 'write'] },
  /** features, kernel, bias, logits [N, classes], channels, classes */
  DENSE: { code: 9, roles: ['read', 'read', 'read', 'write', 'int', 'int'] },
  /** logits, labels, dlogits, classes */
  LOSS: { code: 10, roles: ['read', 'read', 'write', 'int'] },
  /** logits, labels, classes */
  COUNT_CORRECT: { code: 11, roles: ['read', 'read', 'int'] },
  /** dlogits, features, kernel, dfeatures, dkernel, dbias, channels, classes */
  DENSE_GRADIENT: {
    code: 12,
    roles: ['read', 'read', 'read', 'write?', 'write', 'write', 'int', 'int'],
  },
  /** dfeatures, dx */
  POOL_GRADIENT: { code: 13, roles: ['read', 'write'] },
  /** dy, x, dx, gamma, saved, dgamma, dbeta, leakiness */
  NORMALIZE_GRADIENT: {
    code: 14,
    roles: ['read', 'read', 'write', 'read', 'read', 'write', 'write', 'float'],
    inPlace: [[0, 2]],
  },
  /** dy, filter, dx, height, width, stride, top, left, method */
  INPUT_GRADIENT: { code: 15, roles: ['read', 'read', 'write', ...CONVOLUTION, 'int'] },
  /** x, dy, dfilter, height, width, stride, top, left, method */
  FILTER_GRADIENT: { code: 16, roles: ['read', 'read', 'write', ...CONVOLUTION, 'int'] },
  /** dy, dx */
  RESIZE_GRADIENT: { code: 17, roles: ['read', 'write'] },
  /** value, momentum, gradient, count, whether it decays */
  SGD: { code: 18, roles: ['update', 'update', 'read', 'int', 'int'] },
  /** out, bytes [N, height, width, channels], placements [N, 3], scale [channels], shift [channels] */
  PLACE_IMAGES: { code: 19, roles: ['write', 'read', 'read', 'read', 'read'] },
} as const satisfies Record<string, Signature>;

export type InstructionName = keyof typeof INSTRUCTIONS;

/** Parts of the memory that stay for as long as the network does. */
export type Region =
  'images' | 'placements' | 'scale' | 'shift' | 'labels' | 'values' | 'gradients' | 'momenta';

/** What an instruction works on: a number, a float, a buffer of the program, a place in a region (in lines). */
export type Operand =
  | number
  | { readonly float: number }
  | { readonly buffer: number }
  | { readonly region: Region; readonly line: number };

export interface Instruction {
  readonly name: InstructionName;
  readonly operands: readonly Operand[];
}

export function signatureOf({ name }: Instruction): Signature {
  return INSTRUCTIONS[name];
}

/** The buffers that an instruction reads. */
export function readsOf(instruction: Instruction): number[] {
  return buffersOf(instruction, ['read', 'read?', 'update']);
}

/** The buffers that an instruction writes. */
export function writesOf(instruction: Instruction): number[] {
  return buffersOf(instruction, ['write', 'write?', 'update']);
}

function buffersOf(instruction: Instruction, roles: readonly Role[]): number[] {
  const signature = signatureOf(instruction);
  return instruction.operands.flatMap((operand, place) => {
    const role = signature.roles[place];
    if (typeof operand !== 'object' || !('buffer' in operand)) return [];
    return role !== undefined && roles.includes(role) ? [operand.buffer] : [];
  });
}
