import type { Lifetime, Liveness } from './liveness.js';
import { livenessOf } from './liveness.js';
import { linesOf } from './parameter-layout.js';
import { floatsOf } from './plane-size.js';
import type { SymbolicProgram } from './program-builder.js';

/** Where the buffers of a program lie, in lines from the beginning of a memory that is theirs. */
export interface MemoryPlan extends Liveness {
  /** Of each lifetime. */
  readonly lines: readonly number[];
  /** So many lines are needed in all. */
  readonly size: number;
}

interface Placed extends Lifetime {
  readonly from: number;
  readonly to: number;
}

/**
 * Gives each buffer a place, so that two share memory only if one is no longer needed when the other is written.
 * The largest first, each into the smallest gap between those that live at the same time.
 */
export function planMemory(program: SymbolicProgram): MemoryPlan {
  const liveness = livenessOf(program);
  const { lifetimes } = liveness;
  const sizes = lifetimes.map(({ buffer }) => linesOf(floatsOf(buffer, program.batch)));
  const order = [...lifetimes.keys()].toSorted((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0) || a - b);
  const placed: Placed[] = [];
  const lines: number[] = [];
  for (const index of order) {
    const lifetime = lifetimes[index] as Lifetime;
    const size = sizes[index] ?? 0;
    const from = smallestGap(
      placed.filter((other) => other.first <= lifetime.last && lifetime.first <= other.last),
      size,
    );
    placed.push({ ...lifetime, from, to: from + size });
    lines[index] = from;
  }
  return { ...liveness, lines, size: placed.reduce((most, { to }) => Math.max(most, to), 0) };
}

/** The beginning of the smallest gap of at least `size` between others; behind them, if there is none. */
function smallestGap(others: Placed[], size: number): number {
  let best = Infinity;
  let found = -1;
  let end = 0;
  for (const { from, to } of others.toSorted((a, b) => a.from - b.from)) {
    const gap = from - end;
    if (gap >= size && gap < best) {
      best = gap;
      found = end;
    }
    end = Math.max(end, to);
  }
  return found === -1 ? end : found;
}
