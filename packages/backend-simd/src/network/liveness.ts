import { readsOf, signatureOf, writesOf, type Instruction } from './instructions.js';
import type { ProgramBuffer, SymbolicProgram } from './program-builder.js';

/** A buffer from the instruction that writes it to the last one that touches it, both included. */
export interface Lifetime {
  readonly buffer: ProgramBuffer;
  readonly first: number;
  readonly last: number;
}

export interface Liveness {
  /** Those buffers that share one place from the beginning (in place) count as one. */
  readonly lifetimes: readonly Lifetime[];
  /** Of each buffer of the program, its place in `lifetimes`; -1 of one that no instruction names. */
  readonly lifetimeOf: readonly number[];
}

/**
 * How long each buffer is needed. Where an instruction may write over what it reads, and nobody reads that afterwards,
 * it does: both become one buffer, with the larger of the two margins.
 */
export function livenessOf(program: SymbolicProgram): Liveness {
  const { buffers, instructions } = program;
  const last = lastUses(program);
  const owner = buffers.map((_, buffer) => buffer);
  const first = buffers.map(() => -1);
  instructions.forEach((instruction, at) => {
    for (const buffer of writesOf(instruction)) if (first[buffer] === -1) first[buffer] = at;
    const pair = inPlace(instruction).find(([read]) => last[owner[read] ?? read] === at);
    if (pair === undefined) return;
    const into = owner[pair[0]] ?? pair[0];
    owner[pair[1]] = into;
    last[into] = Math.max(at, last[pair[1]] ?? at);
  });
  const lifetimes: Lifetime[] = [];
  const places = new Map<number, number>();
  for (const [buffer, into] of owner.entries()) {
    if (buffer !== into || first[buffer] === -1) continue;
    const members = buffers.filter((_, other) => owner[other] === buffer);
    places.set(buffer, lifetimes.length);
    lifetimes.push({ buffer: widest(members), first: first[buffer] ?? 0, last: last[buffer] ?? 0 });
  }
  return { lifetimes, lifetimeOf: owner.map((into) => places.get(into) ?? -1) };
}

function lastUses({ buffers, instructions }: SymbolicProgram): number[] {
  const last = buffers.map(() => -1);
  instructions.forEach((instruction, at) => {
    for (const buffer of [...readsOf(instruction), ...writesOf(instruction)]) last[buffer] = at;
  });
  return last;
}

/** The pairs of buffers, one read and one written, that an instruction allows to be one. */
function inPlace(instruction: Instruction): [read: number, written: number][] {
  const pairs = signatureOf(instruction).inPlace ?? [];
  return pairs.flatMap(([read, written]): [number, number][] => {
    const [from, to] = [instruction.operands[read], instruction.operands[written]];
    if (typeof from !== 'object' || typeof to !== 'object') return [];
    return 'buffer' in from && 'buffer' in to ? [[from.buffer, to.buffer]] : [];
  });
}

/** Of planes of one shape, the one with the widest margin. */
function widest(buffers: readonly ProgramBuffer[]): ProgramBuffer {
  const margin = (buffer: ProgramBuffer) => (buffer.kind === 'plane' ? buffer.margin : 0);
  return buffers.reduce((best, buffer) => (margin(buffer) > margin(best) ? buffer : best));
}
