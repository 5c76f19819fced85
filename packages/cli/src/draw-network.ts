import type { Dna, Shape } from '@galapagos/dna';
import { describeClassifier, lanesOf, networkRows } from './network-rows.js';

/** An arc beside the column of vertices, from line to line. */
interface Arc {
  readonly from: number;
  readonly to: number;
}

/** Columns between two lanes of arcs; fewer where they would not fit otherwise. */
const LANE_COLUMNS = 3;

/**
 * A network as lines of text: the vertices from the image down to the classifier, each with its size, the edges
 * between them, and the other edges as arcs at the right. No line where none is drawn leads from one vertex to the
 * next: a branch begins there.
 * @param columns How wide it may be, as far as that is possible.
 */
export function drawNetwork(dna: Dna, image: Shape, classes: number, columns = 100): string[] {
  const lines: string[] = [];
  const arcs: Arc[] = [];
  // The line of each row: two for a vertex, but one for the image.
  const lineOf = (row: number): number => 2 * row;
  for (const [row, { text, edge, arcs: others }] of networkRows(dna, image).entries()) {
    if (row > 0) lines.push(edge === undefined ? '' : `  │ ${edge.text}`.trimEnd());
    // Convolutions on arcs have no line of their own, so they are named where they end.
    const named = others.map((arc) => arc.text).filter((name) => name !== '');
    lines.push([`  ● ${text}`, ...named].join(edge === undefined ? ' ◂ ' : ' + '));
    for (const arc of others) arcs.push({ from: lineOf(arc.from), to: lineOf(row) });
  }
  lines.push('  │ global average pooling', `  ◆ ${describeClassifier(dna, image, classes)}`);
  return drawArcs(lines, arcs, columns);
}

/** Draws arcs from line to line in lanes at the right. */
function drawArcs(lines: readonly string[], arcs: readonly Arc[], columns: number): string[] {
  if (arcs.length === 0) return [...lines];
  const left = Math.max(...lines.map((line) => line.length)) + 3;
  const lanes = lanesOf(arcs);
  const between = Math.floor((columns - left - 1) / Math.max(1, lanes.length - 1));
  const distance = Math.min(LANE_COLUMNS, Math.max(1, between));
  const grid = lines.map((line) => [...line.padEnd(left + distance * lanes.length)]);
  for (const [lane, inLane] of lanes.entries()) {
    for (const arc of inLane) drawArc(grid, arc, lines, left + distance * lane);
  }
  return grid.map((row) => row.join('').trimEnd());
}

function drawArc(grid: string[][], { from, to }: Arc, lines: readonly string[], column: number): void {
  horizontal(grid, from, (lines[from]?.length ?? 0) + 1, column);
  horizontal(grid, to, (lines[to]?.length ?? 0) + 1, column);
  put(grid, to, (lines[to]?.length ?? 0) + 1, '◂');
  put(grid, from, column, '╮');
  for (let row = from + 1; row < to; row++)
    put(grid, row, column, '─┬┴┼'.includes(grid[row]?.[column] ?? ' ') ? '┼' : '│');
  put(grid, to, column, '╯');
}

/** What a horizontal line makes of what it meets; a second line in the same place changes nothing more. */
const crossings: Readonly<Record<string, string>> = {
  '│': '┼',
  '╮': '┬',
  '╯': '┴',
  '┼': '┼',
  '┬': '┬',
  '┴': '┴',
  '◂': '◂',
};

function horizontal(grid: string[][], row: number, start: number, end: number): void {
  for (let column = start; column < end; column++) {
    put(grid, row, column, crossings[grid[row]?.[column] ?? ''] ?? '─');
  }
}

function put(grid: string[][], row: number, column: number, mark: string): void {
  const line = grid[row];
  if (line !== undefined) line[column] = mark;
}
