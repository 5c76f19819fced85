import { KernelError } from '../errors.js';
import { INSTRUCTIONS, type Operand, type Region } from './instructions.js';
import type { MemoryPlan } from './memory-plan.js';
import { planeSize } from './plane-size.js';
import type { SymbolicProgram } from './program-builder.js';

// The form in which C reads a program: kernels/program.h. All of it is int32, floats by their bits.

const VERSION = 1;
const HEADER_INTS = 16;
const PLANE_INTS = 7;
const INSTRUCTION_INTS = 16;
const LINES = 2 ** 31;

/** Places of the header, in int32s; those of floats are the same in a Float32Array. */
export const HEADER = {
  version: 0,
  batch: 1,
  planes: 2,
  planeTable: 3,
  instructions: 4,
  instructionTable: 5,
  scratch: 6,
  result: 7,
  valid: 8,
  rate: 9,
  momentum: 10,
  weightDecay: 11,
  epsilon: 12,
  decay: 13,
} as const;

/** Where everything is, in lines from the beginning of the heap. */
export interface Places extends Readonly<Record<Region, number>> {
  /** Of the buffers of the program. */
  readonly buffers: number;
  /** Where the program leaves its loss, count and complaint. */
  readonly result: number;
}

export function programInts({ instructions }: SymbolicProgram, { lifetimes }: MemoryPlan): number {
  const planes = lifetimes.filter(({ buffer }) => buffer.kind === 'plane').length;
  return instructionTable(planes) + instructions.length * INSTRUCTION_INTS;
}

/**
 * Writes a program.
 * @param ints of {@link programInts} numbers; a view of the heap, at the beginning of a line.
 */
export function encodeProgram(
  program: SymbolicProgram,
  memory: MemoryPlan,
  places: Places,
  constants: { readonly epsilon: number; readonly statisticsDecay: number },
  ints: Int32Array,
): void {
  const { batch, instructions } = program;
  const planes = new Map<number, number>();
  ints.fill(0);
  memory.lifetimes.forEach(({ buffer }, index) => {
    if (buffer.kind !== 'plane') return;
    const { height, width, channels } = buffer.shape;
    const { left, pitch } = planeSize(buffer, batch);
    const line = requireLine(places.buffers + (memory.lines[index] ?? 0));
    const at = HEADER_INTS + PLANE_INTS * planes.size;
    ints.set([line, height, width, channels, buffer.margin, left, pitch].map(requireInt), at);
    planes.set(index, planes.size);
  });
  const operandOf = (operand: Operand): number => {
    if (typeof operand === 'number') return operand;
    if ('float' in operand) return bitsOf(operand.float);
    if ('region' in operand) return requireLine(places[operand.region] + operand.line);
    const index = memory.lifetimeOf[operand.buffer] ?? -1;
    return planes.get(index) ?? requireLine(places.buffers + (memory.lines[index] ?? 0));
  };
  const table = instructionTable(planes.size);
  instructions.forEach(({ name, operands }, index) => {
    const numbers = operands.map((operand) => requireInt(operandOf(operand)));
    ints.set([INSTRUCTIONS[name].code, ...numbers], table + index * INSTRUCTION_INTS);
  });
  const header: Partial<Record<keyof typeof HEADER, number>> = {
    version: VERSION,
    batch,
    planes: planes.size,
    planeTable: HEADER_INTS,
    instructions: instructions.length,
    instructionTable: table,
    result: requireLine(places.result),
    valid: batch,
    epsilon: bitsOf(constants.epsilon),
    decay: bitsOf(constants.statisticsDecay),
  };
  for (const [name, value] of Object.entries(header)) ints[HEADER[name as keyof typeof HEADER]] = value;
}

/** At the beginning of a line, behind the planes. */
function instructionTable(planes: number): number {
  return Math.ceil((HEADER_INTS + PLANE_INTS * planes) / INSTRUCTION_INTS) * INSTRUCTION_INTS;
}

/** Every place must fit an int32. */
export function requireLine(line: number): number {
  if (line < LINES) return line;
  throw new KernelError('OUT_OF_MEMORY', `the network would reach ${64 * line} bytes, over ${64 * LINES}`);
}

function requireInt(value: number): number {
  if (value < 2 ** 31) return value;
  throw new KernelError('OUT_OF_MEMORY', `a size of the network is ${value}, over ${2 ** 31 - 1}`);
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
}
