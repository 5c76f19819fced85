import type { Population } from '@galapagos/population';
import { watch } from 'chokidar';

/** Where something changes when something happens. */
const WATCHED = ['training', 'alive', 'dead', 'hall-of-fame', 'control', 'workers'];
const POLL_MS = 1000;

/**
 * Hints that there is something new to read in an experiment. Polled, since a network mount tells of nothing that
 * another host does; the directories only, not the thousands that lie in them. A hint may come late, or never.
 */
export function watchDirectories(population: Population, onHint: () => void): { close(): Promise<void> } {
  const directories = new Set(WATCHED.map((name) => population.path(name)));
  const watcher = watch([...directories], {
    usePolling: true,
    interval: POLL_MS,
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => !directories.has(path),
  });
  // Of a directory whose entries are ignored only the poll itself tells.
  watcher.on('raw', onHint);
  // The next look meets what is wrong, and says it.
  watcher.on('error', onHint);
  return watcher;
}
