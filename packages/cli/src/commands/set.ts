import {
  type Bounds,
  type ChangedBounds,
  Control,
  Gauge,
  type Population,
  boundsSchema,
  giveOrder,
  overDiskBound,
} from '@galapagos/population';
import { z } from 'zod';
import { parseBounds } from '../changed-bounds.js';
import { defineCommand, directory, json, printJson } from '../command.js';
import { bytes, duration, moment, percent, scaled, table } from '../format.js';
import { openPopulation } from '../ground.js';
import type { Terminal } from '../terminal.js';

const shape = z
  .array(
    z.strictObject({
      bound: boundsSchema.keyof(),
      before: z.number().nullable().describe('As it was; equal to value where nothing was changed.'),
      value: z.number().nullable().describe('As it is; null for no bound.'),
      order: z
        .strictObject({ number: z.int(), givenAt: z.string() })
        .nullable()
        .describe('The order that it has its value from; null where that is experiment.json.'),
    }),
  )
  .describe('The bounds, all of them.');

type Row = z.infer<typeof shape>[number];

export const setCommand = defineCommand({
  name: 'set',
  describe: 'Change what bounds a search while it runs; without changes, show the bounds',
  positionals: {
    ...directory,
    changes: {
      describe: 'bounds.individuals=5000, bounds.workerSeconds=2h, …; null takes a budget away',
      type: 'string',
      array: true,
    },
  },
  options: json,
  output: shape,
  examples: [
    ['set runs/a bounds.individuals=5000', 'go on to 5000 births'],
    ['set runs/a bounds.workerSeconds=null', 'no bound on seconds of training any more'],
    ['set runs/a bounds.maxBytes=50GB', 'all of it is to take no more of the disk'],
  ],
  run: async ({ dir, changes, json: asJson }, terminal) => {
    const population = await openPopulation(dir);
    const changed = parseBounds(changes ?? []);
    const before = await read(population);
    const names = Object.keys(changed) as (keyof Bounds)[];
    if (names.length > 0) await giveOrder(population, { order: 'settings', bounds: changed });
    const after = await read(population);
    const rows = describe(before.bounds, after);
    if (asJson) printJson(terminal, shape, rows);
    else if (names.length === 0) for (const line of present(rows)) terminal.out(line);
    else tellChanges(rows, changed, terminal);
    if (changed.maxBytes !== undefined || changed.maxInodes !== undefined) {
      const over = overDiskBound(after.bounds, await new Gauge(population).read());
      if (over !== undefined) terminal.err(over);
    }
    return 0;
  },
});

async function read(population: Population): Promise<Control> {
  const control = new Control(population);
  await control.poll();
  return control;
}

function describe(before: Bounds, after: Control): Row[] {
  return (Object.keys(after.bounds) as (keyof Bounds)[]).map((bound) => ({
    bound,
    before: before[bound],
    value: after.bounds[bound],
    order: after.sourceOf(bound) ?? null,
  }));
}

function present(rows: readonly Row[]): string[] {
  return table(
    ['bound', 'value', 'from'],
    rows.map(({ bound, value, order }) => [
      `bounds.${bound}`,
      inWords(bound, value),
      order === null ? 'experiment.json' : `order ${order.number}, ${moment(order.givenAt)}`,
    ]),
  );
}

/** What came of it, read again after it was written: another order may have been given meanwhile. */
function tellChanges(rows: readonly Row[], changed: ChangedBounds, terminal: Terminal): void {
  for (const { bound, before, value, order } of rows) {
    const wanted = changed[bound];
    if (wanted === undefined) continue;
    terminal.out(`bounds.${bound}: ${inWords(bound, before)} → ${inWords(bound, value)}`);
    if (value !== wanted)
      terminal.err(`order ${order?.number ?? ''}, given at the same time, holds for bounds.${bound}`);
  }
  terminal.err(
    'The workers heed it within seconds. If the search had ended, start it again: galapagos launch',
  );
}

function inWords(bound: keyof Bounds, value: number | null): string {
  if (value === null) return 'none';
  if (/seconds$/i.test(bound)) return duration(value);
  if (bound === 'maxBytes') return bytes(value);
  if (bound === 'targetFitness') return percent(value);
  return bound === 'flops' ? `${scaled(value)}FLOP` : String(value);
}
