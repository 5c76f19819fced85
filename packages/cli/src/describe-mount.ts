import { bytes, count } from './format.js';
import type { Mount } from './mount-shape.js';

/** What was found out of a directory, as lines of text. */
export function describeMount({ path, alone, verdict, settings, judgements }: Mount): string[] {
  const inodes = alone.freeInodes === null ? '' : ` and ${count(alone.freeInodes, 'inodes')}`;
  return [
    `directory    ${path}: ${alone.isLocal ? 'a disk of this machine' : 'a network mount'}, ${bytes(alone.freeBytes)}${inodes} free`,
    ...judgements.flatMap(({ subject, level, measured, follows }) => [
      `  ${level.padEnd(6)} ${subject}: ${measured}`,
      ...(follows === null ? [] : [`         so: ${follows}`]),
    ]),
    `  ${verdict}${verdict === 'unfit' ? ' for Galapagos' : `; bounds.leaseSeconds: ${settings.leaseSeconds}`}`,
  ];
}
