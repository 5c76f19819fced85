import { type DestinationStream, pino } from 'pino';
import type { WorkerEvent } from './events.js';

/** Writes events as lines of JSON; the level says how much they matter to a person. */
export function logEvents(destination: DestinationStream, level = 'info'): (event: WorkerEvent) => void {
  const formatters = { level: (label: string) => ({ level: label }) };
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, destination);
  let bound = log;
  return ({ event, ...rest }) => {
    if (event === 'joined' && 'worker' in rest) {
      // From now on every line says whose it is, this one among them.
      bound = log.child({ worker: rest.worker });
      return bound.info({ backend: rest.backend, reason: rest.reason }, event);
    }
    bound[levelOf(event)](rest, event);
  };
}

function levelOf(event: WorkerEvent['event']): 'debug' | 'info' | 'warn' {
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
