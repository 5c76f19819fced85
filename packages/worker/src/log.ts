import { type DestinationStream, pino } from 'pino';
import type { WorkerEvent } from './events.js';

/** How much a line matters to a person, from the least on. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** Writes events as lines of JSON. */
export function logEvents(
  destination: DestinationStream,
  level: Level = 'info',
): (event: WorkerEvent) => void {
  const formatters = { level: (label: string) => ({ level: label }) };
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, destination);
  let bound = log;
  return ({ event, ...rest }) => {
    if (event === 'joined' && 'worker' in rest) {
      // From now on every line says whose it is, this one among them.
      const { worker, ...others } = rest;
      bound = log.child({ worker });
      return bound.info(others, event);
    }
    bound[levelOf(event)](rest, event);
  };
}

function levelOf(event: WorkerEvent['event']): Level {
  switch (event) {
    case 'progress':
    case 'waiting':
    case 'lost-race':
      return 'debug';
    case 'failed':
    case 'buried':
    case 'taken-away':
    case 'unreadable':
    case 'set-aside':
    case 'disk-full':
    case 'quarantined':
    case 'beat-failed':
      return 'warn';
    case 'broken':
      return 'error';
    case 'joined':
    case 'born':
    case 'killed':
    case 'adopted':
    case 'published':
    case 'handed-back':
    case 'collected':
    case 'leaving':
    case 'left':
      return 'info';
  }
}
