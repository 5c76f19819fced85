import { percent } from './format.js';
import type { Terminal } from './terminal.js';

/** Seconds between two lines: on a terminal one is redrawn, in a pipe they are added. */
const REDRAW_SECONDS = 0.2;
const LINE_SECONDS = 15;

type Stage = 'decoding' | 'writing';

/** Tells how far an import is. */
export function importProgress(
  terminal: Terminal,
  clock: { monotonic(): number },
): (stage: Stage, done: number, of: number) => void {
  let toldAt = clock.monotonic();
  return (stage, done, of) => {
    const now = clock.monotonic();
    if (now - toldAt < (terminal.isWatched ? REDRAW_SECONDS : LINE_SECONDS)) return;
    toldAt = now;
    const line = stage === 'decoding' ? `decoded ${done} of ${of} images` : `written ${percent(done / of)}`;
    if (terminal.isWatched) terminal.status(line);
    else terminal.err(line);
  };
}
