import type { WorkerEvent } from '@galapagos/worker';
import { duration, percent } from './format.js';
import type { Terminal } from './terminal.js';

/** What a person who watches a worker is not told: it happens all the time, or the next line says it too. */
const UNTOLD: readonly WorkerEvent['event'][] = [
  'born',
  'lost-race',
  'waiting',
  'collected',
  'broken',
  'left',
];

/** A line per event that a person wants to see. */
export function tellPerson(terminal: Terminal): (event: WorkerEvent) => void {
  return (event) => {
    if (event.event === 'progress') terminal.status(inWords(event));
    else if (!UNTOLD.includes(event.event)) terminal.err(inWords(event));
  };
}

/** An event in words. */
export function inWords(event: WorkerEvent): string {
  switch (event.event) {
    case 'progress': {
      const { step, steps, loss } = event.progress;
      return `${event.id}: step ${step} of ${steps}, loss ${loss.toFixed(3)}`;
    }
    case 'joined': {
      const task = event.task === undefined ? '' : `, task ${event.task}`;
      // Logs of earlier versions do not say it.
      const host = event.host === undefined ? '' : ` on ${event.host}`;
      const trains = event.reason === undefined ? '' : `, trains on ${event.backend}, ${event.reason}`;
      return `joined as ${event.worker}${task}${host}${trains}`;
    }
    case 'born': {
      const mutations = event.mutations.map(({ mutation }) => mutation).join(', ');
      return event.parent === undefined
        ? `${event.id} born, of the first kind`
        : `${event.id} born of ${event.parent}: ${mutations}`;
    }
    case 'published': {
      const before =
        event.earlierBackends === undefined ? '' : `, begun on ${event.earlierBackends.join(', ')}`;
      return `${event.id} lives, fitness ${percent(event.fitness)}, after ${duration(event.seconds)}${before}`;
    }
    case 'killed':
      return `${event.id} (${percent(event.fitness)}) lost against ${event.by}`;
    case 'adopted':
      return `${event.id} of ${event.from} adopted: ${event.continuation}${event.step > 0 ? ` from step ${event.step}` : ''}`;
    case 'failed':
    case 'buried':
      return `${event.id} ${event.event}: ${event.class}, ${event.reason}`;
    case 'handed-back':
      return `${event.id} given back`;
    case 'taken-away':
      return `${event.id} is another worker's now`;
    case 'unreadable':
      return `${event.id} cannot be a parent: ${event.reason}`;
    case 'set-aside':
      return `${event.id} is set aside, in lost+found/: ${event.reason}`;
    case 'lost-race':
      return `another was faster${event.over === undefined ? '' : ` with ${event.over}`}`;
    case 'waiting':
      return `waits: ${event.reason}`;
    case 'collected':
      return `${event.count} of the dead collected`;
    case 'quarantined':
      return `${event.site} is quarantined: ${event.reason}`;
    case 'disk-full':
      return `waits for room: ${event.reason}`;
    case 'beat-failed':
      return `the directory does not answer: ${event.reason}`;
    case 'broken':
      return `broken: ${event.reason}`;
    case 'leaving':
      return `leaving: ${event.reason}${event.by === undefined ? '' : `, ${event.by}`}`;
    case 'left':
      return 'left';
  }
}
