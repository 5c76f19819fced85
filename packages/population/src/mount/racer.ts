// The program of a process that takes part in an examination: node racer.js '{"folder":…}'. It ends when its stdin does.
import { mountAt } from '../local-filesystem.js';
import { systemClock } from '../system-clock.js';
import type { Effort } from './effort.js';
import { Gathering, type GatheringOptions } from './gathering.js';
import { examineTogether } from './together.js';

/** What a racer is told. */
export type RacerArguments = Pick<
  GatheringOptions,
  'folder' | 'me' | 'names' | 'isOneHost' | 'patienceSeconds'
> & {
  readonly effort: Effort;
  readonly hasLinks: boolean;
};

const { effort, hasLinks, ...options } = JSON.parse(process.argv[2] ?? '') as RacerArguments;
const orphaned = new AbortController();
process.stdin.on('close', () => orphaned.abort()).resume();
const gathering = new Gathering({
  ...options,
  filesystem: await mountAt(options.folder),
  clock: systemClock,
  signal: orphaned.signal,
});
await examineTogether(gathering, effort, hasLinks);
process.stdin.destroy();
