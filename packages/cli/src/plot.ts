/** Rows of a plot; each has four dots one above the other. */
const ROWS = 6;
const COLUMNS = 60;
/** Dots of a braille character by row and column of the dot, as bits above U+2800. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/**
 * A curve as lines of text, the axes named by their ends.
 * @param points At least one, in the order of the first number.
 * @param columns How wide it may be, as far as that is possible.
 */
export function plot(points: readonly (readonly [x: number, y: number])[], columns = 80): string[] {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left = 0, right = 0] = [xs[0], xs.at(-1)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const labels = [high, low].map((value) => value.toPrecision(3));
  const margin = Math.max(...labels.map((label) => label.length));
  const wide = Math.max(10, Math.min(COLUMNS, columns - margin - 5));
  const grid = Array.from({ length: ROWS }, () => new Array<number>(wide).fill(0));
  let before: number | undefined;
  for (let dot = 0; dot < 2 * wide; dot++) {
    const y = valueAt(points, left + ((right - left) * dot) / (2 * wide - 1));
    const depth = Math.round((high === low ? 0.5 : (high - y) / (high - low)) * (4 * ROWS - 1));
    const end = before ?? depth;
    mark(grid, depth, dot);
    // Without a gap to the one before.
    for (let row = depth; row !== end; row += Math.sign(end - row)) mark(grid, row, dot);
    before = depth;
  }
  const rows = grid.map((cells, row) => {
    const label = row === 0 ? labels[0] : row === ROWS - 1 ? labels[1] : '';
    const drawn = cells.map((dots) => String.fromCharCode(0x2800 + dots)).join('');
    return `  ${(label ?? '').padStart(margin)} │${drawn}`;
  });
  const ends = String(left) + String(right).padStart(wide - String(left).length);
  return [...rows, `  ${' '.repeat(margin)} ╰${'─'.repeat(wide)}`, `  ${' '.repeat(margin + 2)}${ends}`];
}

function mark(grid: number[][], row: number, column: number): void {
  const cells = grid[Math.floor(row / 4)];
  const cell = Math.floor(column / 2);
  if (cells !== undefined) cells[cell] = (cells[cell] ?? 0) | (DOTS[row % 4]?.[column % 2] ?? 0);
}

/** Between two points a straight line. */
function valueAt(points: readonly (readonly [number, number])[], x: number): number {
  const after = points.findIndex(([at]) => at >= x);
  const [x1 = 0, y1 = 0] = points[after < 0 ? points.length - 1 : after] ?? [];
  const [x0, y0] = points[after - 1] ?? [x1, y1];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
