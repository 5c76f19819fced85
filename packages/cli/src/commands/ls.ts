import { FAILURE_CLASSES, type Outline, everyone } from '@galapagos/population';
import { z } from 'zod';
import { defineCommand, directory, json, printJson } from '../command.js';
import { csvLines } from '../csv.js';
import { findMeant } from '../find.js';
import { fit, quote } from '../format.js';
import { openPopulation } from '../ground.js';
import {
  Generations,
  type Row,
  SORT_KEYS,
  csvHeader,
  csvRow,
  drawRows,
  rowOf,
  rowShape,
  sorted,
} from '../listing.js';
import { STATES } from '../states.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

const shape = z.array(rowShape);

/** Rows on a terminal, where nothing else is said. */
const TERMINAL_ROWS = 20;

export const lsCommand = defineCommand({
  name: 'ls',
  describe: 'Every individual that ever was, living, dead and collected',
  positionals: directory,
  options: {
    ...json,
    csv: { describe: 'Print CSV (RFC 4180)', type: 'boolean', default: false },
    sort: {
      describe: 'By what; the best, the largest or the latest first',
      choices: SORT_KEYS,
      default: 'fitness' as const,
    },
    reverse: { describe: 'The other way round', type: 'boolean', default: false },
    top: {
      describe: `Rows to print; all where it is left out, ${TERMINAL_ROWS} on a terminal`,
      type: 'number',
      requiresArg: true,
    },
    state: {
      describe: `Only those in these states: ${STATES.join(', ')}; several with commas`,
      type: 'string',
      requiresArg: true,
    },
    failed: { describe: 'Only those that failed', type: 'boolean', default: false },
    class: { describe: 'Only those that failed in this way', choices: FAILURE_CLASSES },
    parent: { describe: 'Only the children of this one', type: 'string', requiresArg: true },
  },
  examples: [
    ['ls runs/a --top 50', 'the best fifty that ever lived'],
    ['ls runs/a --state training,alive --sort born', 'the living, the youngest first'],
    ['ls runs/a --failed', 'who failed, and how'],
    ['ls runs/a --csv > runs/a.csv', 'everything, for a spreadsheet or pandas'],
  ],
  output: shape,
  run: async ({ dir, json: asJson, csv, sort, reverse, top, state, ...filters }, terminal) => {
    if (asJson && csv) throw new UsageError('--json and --csv: one of the two');
    if (top !== undefined && !(Number.isInteger(top) && top >= 1))
      throw new UsageError('--top: a whole number, at least 1');
    const states = state === undefined ? undefined : statesOf(state);
    const population = await openPopulation(dir);
    const unreadable: string[] = [];
    if (filters.parent !== undefined) filters.parent = (await findMeant(population, filters.parent)).id;
    const outlines = await everyone(population, { onUnreadable: (path) => unreadable.push(path) });
    const generations = new Generations(outlines);
    const chosen = outlines.filter((outline) => isAskedFor(outline, { ...filters, states }));
    const ordered = sorted(chosen, sort, reverse, generations);
    // Only of whom is shown all is looked at: a hundred thousand are listed in a second.
    const isTable = !asJson && !csv && terminal.columns !== undefined;
    const rows = ordered
      .slice(0, top ?? (isTable ? TERMINAL_ROWS : undefined))
      .map((outline) => rowOf(outline, generations.of(outline.id)));
    if (asJson) printJson(terminal, shape, rows);
    else if (csv) for (const line of csvLines(csvHeader, rows.map(csvRow))) terminal.out(line);
    else print(rows, chosen.length, terminal);
    if (unreadable.length > 0) terminal.err(`${listed(unreadable)}: galapagos fsck ${quote(dir)} says why`);
    return 0;
  },
});

function statesOf(text: string): Set<string> {
  const states = text.split(',').map((name) => name.trim());
  const unknown = states.find((name) => !(STATES as readonly string[]).includes(name));
  if (unknown === undefined) return new Set(states);
  throw new UsageError(`--state ${unknown}: known are ${STATES.join(', ')}`);
}

interface Filters {
  readonly states: ReadonlySet<string> | undefined;
  readonly failed: boolean;
  readonly class: string | undefined;
  readonly parent: string | undefined;
}

function isAskedFor(outline: Outline, { states, failed, class: failure, parent }: Filters): boolean {
  return (
    (states === undefined || states.has(outline.state)) &&
    (!failed || outline.details.failure !== null) &&
    (failure === undefined || outline.details.failure === failure) &&
    (parent === undefined || outline.parent === parent)
  );
}

function print(rows: readonly Row[], found: number, terminal: Terminal): void {
  if (found === 0) {
    terminal.err('nobody');
    return;
  }
  for (const line of fit(drawRows(rows), terminal.columns)) terminal.out(line);
  const rest = found - rows.length;
  if (rest > 0) terminal.err(`and ${rest} more; --top ${found} shows all, and so does a pipe without --top`);
}

function listed(unreadable: readonly string[]): string {
  const [first = ''] = unreadable;
  const others = unreadable.length - 1;
  return `cannot be read: ${first}${others === 0 ? '' : ` and ${others} more`}`;
}
