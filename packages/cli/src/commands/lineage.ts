import { type Population, descent, lineage } from '@galapagos/population';
import { z } from 'zod';
import { defineCommand, directory, individual, json, printJson } from '../command.js';
import { drawDescent } from '../draw-descent.js';
import { drawLineage } from '../draw-lineage.js';
import { drawLineageSvg } from '../draw-lineage-svg.js';
import { idMeant, nobody } from '../find.js';
import { fit } from '../format.js';
import { openPopulation } from '../ground.js';
import { lineageRowShape, rowsOfLine, rowsOfTree } from '../lineage-rows.js';
import { writeOutput } from '../output-file.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

const shape = z.array(lineageRowShape);

/** Lines of a tree on a terminal. */
const TERMINAL_LINES = 100;

export const lineageCommand = defineCommand({
  name: 'lineage',
  describe: 'The line of ancestors of an individual with gains and mutations, or all that came of it',
  positionals: { ...directory, ...individual },
  options: {
    ...json,
    descendants: { describe: 'All that came of it, as a tree', type: 'boolean', default: false },
    svg: {
      describe: 'Write a picture of the fitness of its line, SVG, into this file; - for stdout',
      type: 'string',
      requiresArg: true,
    },
  },
  examples: [
    ['lineage runs/a best', 'how the best one came to be'],
    ['lineage runs/a w1-12 --descendants', 'what came of w1-12'],
  ],
  output: shape,
  run: async ({ dir, id, json: asJson, descendants, svg }, terminal) => {
    if (svg !== undefined && (asJson || descendants))
      throw new UsageError('--svg draws the line of ancestors: leave out --json and --descendants');
    const population = await openPopulation(dir);
    const meant = await idMeant(population, id);
    if (descendants) return await showDescendants(population, meant, asJson, terminal);
    const line = await lineage(population, meant);
    if (line.length === 0) throw nobody(population, meant);
    if (asJson) printJson(terminal, shape, rowsOfLine(line));
    else if (svg !== undefined) await writeOutput(terminal, 'svg', svg, drawLineageSvg(line));
    else for (const row of fit(drawLineage(line), terminal.columns)) terminal.out(row);
    return 0;
  },
});

async function showDescendants(
  population: Population,
  id: string,
  asJson: boolean,
  terminal: Terminal,
): Promise<number> {
  const tree = await descent(population, id);
  if (tree === undefined) throw nobody(population, id);
  if (asJson) {
    printJson(terminal, shape, rowsOfTree(tree));
    return 0;
  }
  const lines = drawDescent(tree);
  const shown = terminal.columns === undefined ? lines : lines.slice(0, TERMINAL_LINES);
  for (const line of fit(shown, terminal.columns)) terminal.out(line);
  if (shown.length < lines.length)
    terminal.err(`and ${lines.length - shown.length} more; a pipe gets all, into less -S say`);
  return 0;
}
