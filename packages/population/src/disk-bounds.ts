import type { Bounds } from './experiment.js';
import type { DiskUse, Gauged } from './gauge.js';

/** How much of what it may take of its disk an experiment takes: 1 is all of it; 0 where nothing bounds it. */
export function shareTaken({ maxBytes, maxInodes }: Bounds, { bytes, inodes }: DiskUse): number {
  return Math.max(maxBytes === null ? 0 : bytes / maxBytes, maxInodes === null ? 0 : inodes / maxInodes);
}

/**
 * Why nobody is born for want of room, and what would help; undefined where there is room: also for what those in
 * training are still to become.
 */
export function overDiskBound(bounds: Bounds, gauged: Gauged): string | undefined {
  const { maxBytes, maxInodes } = bounds;
  const words = (what: keyof DiskUse, bound: number | null): string | undefined => {
    if (bound === null || gauged.expected[what] < bound) return undefined;
    const parts = (['living', 'hallOfFame', 'records', 'others'] as const).map(
      (part) => `${PARTS[part]} ${inWords(what, gauged[part][what])}`,
    );
    const name = what === 'bytes' ? 'maxBytes' : 'maxInodes';
    return `the experiment takes ${inWords(what, gauged.total[what])} of the ${inWords(what, bound)} of bounds.${name} (${parts.join(', ')}; ${inWords(what, gauged.expected[what] - gauged.total[what])} more may come of those in training): nobody is born until there is more room, or the bound is raised with galapagos set`;
  };
  return words('bytes', maxBytes) ?? words('inodes', maxInodes);
}

const PARTS = {
  living: 'the living',
  hallOfFame: 'the hall of fame',
  records: 'records',
  others: 'the rest',
} as const;

function inWords(what: keyof DiskUse, value: number): string {
  if (what === 'inodes') return `${Math.ceil(value)} inodes`;
  const unit = value >= 1e9 ? 1e9 : 1e6;
  return `${(value / unit).toFixed(1)} ${unit === 1e9 ? 'GB' : 'MB'}`;
}
