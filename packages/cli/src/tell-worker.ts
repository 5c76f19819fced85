import type { WorkerEvent } from '@galapagos/worker';
import { duration, percent } from './format.js';
import type { Terminal } from './terminal.js';

/** A line per event that a person wants to see. */
export function tellPerson(terminal: Terminal): (event: WorkerEvent) => void {
  return (event) => {
    switch (event.event) {
      case 'progress': {
        const { step, steps, loss } = event.progress;
        return terminal.status(`${event.id}: step ${step} of ${steps}, loss ${loss.toFixed(3)}`);
      }
      case 'joined':
        return terminal.err(`joined as ${event.worker}`);
      case 'published':
        return terminal.err(
          `${event.id} lives, fitness ${percent(event.fitness)}, after ${duration(event.seconds)}`,
        );
      case 'killed':
        return terminal.err(`${event.id} (${percent(event.fitness)}) lost against ${event.by}`);
      case 'adopted':
        return terminal.err(
          `${event.id} of ${event.from} adopted: ${event.continuation}${event.step > 0 ? ` from step ${event.step}` : ''}`,
        );
      case 'failed':
      case 'buried':
        return terminal.err(`${event.id} ${event.event}: ${event.class}, ${event.reason}`);
      case 'handed-back':
        return terminal.err(`${event.id} given back`);
      case 'taken-away':
        return terminal.err(`${event.id} is another worker's now`);
      case 'unreadable':
        return terminal.err(`${event.id} cannot be a parent: ${event.reason}`);
      case 'beat-failed':
        return terminal.err(`the directory does not answer: ${event.reason}`);
      case 'leaving':
        return terminal.err(`leaving: ${event.reason}`);
      case 'born':
      case 'lost-race':
      case 'waiting':
      case 'collected':
      case 'left':
        return;
    }
  };
}
