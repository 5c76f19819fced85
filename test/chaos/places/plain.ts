import { type Place, startAgent } from '../place.js';

/** A plain directory of this host: where nothing can be mounted, only the processes can be hurt. */
export function plain(directory: string): Place {
  return {
    title: 'a plain directory',
    shared: directory,
    hosts: ['here'],
    workersSee: 'node',
    env: {},
    agent: () => startAgent(),
  };
}
