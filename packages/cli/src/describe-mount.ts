import { bytes, count, duration } from './format.js';
import type { Mount } from './mount-shape.js';

/** What was found out of a directory, as lines of text. */
export function describeMount({ path, alone, verdict, settings, judgements, peerProblem }: Mount): string[] {
  const inodes = alone.freeInodes === null ? '' : ` and ${count(alone.freeInodes, 'inodes')}`;
  return [
    `directory    ${path}: ${MEDIA[alone.medium]}, ${bytes(alone.freeBytes)}${inodes} free`,
    ...judgements.flatMap(({ subject, level, measured, follows }) => [
      `  ${level.padEnd(6)} ${subject}: ${measured}`,
      ...(follows === null ? [] : [`         so: ${follows}`]),
    ]),
    ...(peerProblem === null ? [] : [`  not tried with another host: ${peerProblem}`]),
    verdict === 'unfit'
      ? '  unfit for Galapagos'
      : `  ${verdict}; ${describeLease(settings.leaseSeconds)} (bounds.leaseSeconds)`,
  ];
}

const MEDIA: Readonly<Record<Mount['alone']['medium'], string>> = {
  disk: 'a disk of this machine',
  memory: 'the memory of this machine',
  network: 'a network mount',
};

/** What a lease is, for one who has not read of it. */
export function describeLease(seconds: number): string {
  return `a worker that is silent for ${duration(seconds)} is taken for gone`;
}
