import type { Population } from '@galapagos/population';
import { fit } from './format.js';
import { untilInterrupted } from './interruption.js';
import { type Look, Observer } from './observer.js';
import { patience } from './patience.js';
import { essenceOf, statusDocument } from './status-shape.js';
import { describeBriefly, describeStatus } from './status-view.js';
import type { Terminal } from './terminal.js';
import { watchDirectories } from './watch-directory.js';

/** Seconds between two looks: at least, and at most while nothing hints at a change. */
const SHORTEST = 1;
const LONGEST = 5;

/** Shows a search again whenever it has changed, until Ctrl-C. @throws PopulationError `NO_EXPERIMENT` when it is gone. */
export async function watchStatus(
  population: Population,
  asJson: boolean,
  terminal: Terminal,
): Promise<void> {
  const { clock } = population;
  const observer = new Observer(population);
  const patiently = patience(terminal);
  const interruption = untilInterrupted();
  let hint = new AbortController();
  // One listener for all looks: a signal made of this one for each would never be let go.
  interruption.signal.addEventListener('abort', () => hint.abort());
  const watcher = watchDirectories(population, () => hint.abort());
  const show = asJson
    ? jsonPrinter(terminal)
    : terminal.columns === undefined
      ? linePrinter(terminal)
      : redraw(terminal);
  try {
    while (!interruption.signal.aborted) {
      hint = new AbortController();
      const { signal } = hint;
      const look = await patiently(() => observer.look());
      if (look !== undefined) show(look);
      await clock.sleep(SHORTEST, interruption.signal);
      const longest = Math.max(0, Math.min(LONGEST, observer.patienceSeconds) - SHORTEST);
      await clock.sleep(longest, signal);
    }
  } finally {
    interruption.close();
    await watcher.close();
  }
}

function jsonPrinter(terminal: Terminal): (look: Look) => void {
  let shown = '';
  return (look) => {
    const essence = essenceOf(look);
    if (essence !== shown) terminal.out(JSON.stringify(statusDocument(look)));
    shown = essence;
  };
}

function linePrinter(terminal: Terminal): (look: Look) => void {
  let shown = '';
  return (look) => {
    const essence = essenceOf(look);
    if (essence !== shown) terminal.out(describeBriefly(look));
    shown = essence;
  };
}

function redraw(terminal: Terminal): (look: Look) => void {
  return (look) => {
    terminal.screen(fit(describeStatus(look), terminal.columns).slice(0, (terminal.rows ?? 1000) - 2));
  };
}
