import type { ImageShape } from './graph.js';
import type { Instruction, InstructionName, Operand } from './instructions.js';

/** A buffer of a program: an image tensor in the form of planes (see kernels/planes.h), or an array of floats. */
export type ProgramBuffer =
  | {
      readonly kind: 'plane';
      readonly shape: ImageShape;
      /** Columns of zeros on each side that its readers need, in pixels. */
      margin: number;
    }
  | { readonly kind: 'array'; readonly floats: number };

/** A program whose buffers have no places yet. Each buffer is written by one instruction, and read by later ones. */
export interface SymbolicProgram {
  readonly batch: number;
  readonly buffers: readonly ProgramBuffer[];
  readonly instructions: readonly Instruction[];
}

export interface BufferOperand {
  readonly buffer: number;
}

/** Puts a program together. */
export class ProgramBuilder implements SymbolicProgram {
  readonly buffers: ProgramBuffer[] = [];
  readonly instructions: Instruction[] = [];

  constructor(readonly batch: number) {}

  plane(shape: ImageShape): BufferOperand {
    return { buffer: this.buffers.push({ kind: 'plane', shape, margin: 0 }) - 1 };
  }

  array(floats: number): BufferOperand {
    return { buffer: this.buffers.push({ kind: 'array', floats }) - 1 };
  }

  emit(name: InstructionName, ...operands: Operand[]): void {
    this.instructions.push({ name, operands });
  }

  /** Makes sure that a plane has a margin of so many pixels. */
  require(margin: number, { buffer }: BufferOperand): void {
    const plane = this.buffers[buffer];
    if (plane?.kind === 'plane') plane.margin = Math.max(plane.margin, margin);
  }
}
