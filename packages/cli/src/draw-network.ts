import {
  type Dna,
  type EdgeId,
  type Shape,
  type VertexId,
  convolutionOf,
  edgeOf,
  inferShapes,
  inputVertex,
  primaryInEdge,
  vertexOf,
} from '@galapagos/dna';

/** An arc beside the column of vertices: an edge that does not lead to the very next one. */
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
  const order = chainOrder(dna);
  const shapes = inferShapes(dna, image);
  const shapeOf = (id: VertexId): Shape => shapes.vertices[id] ?? image;
  const lines: string[] = [];
  const rows = new Map<VertexId, number>();
  const arcs: Arc[] = [];
  for (const [index, id] of order.entries()) {
    const inline = index === 0 ? undefined : inlineEdge(dna, id, order[index - 1]);
    if (inline !== undefined) lines.push(`  │ ${describeEdge(dna, inline, shapeOf)}`.trimEnd());
    else if (index > 0) lines.push('');
    rows.set(id, lines.length);
    const others = vertexOf(dna, id).edgesIn.filter((edge) => edge !== inline);
    const vertex = `  ● ${describeVertex(dna, id, shapeOf(id))}`;
    lines.push([vertex, ...describeOthers(dna, others, shapeOf)].join(inline === undefined ? ' ◂ ' : ' + '));
    for (const edge of others)
      arcs.push({ from: rows.get(edgeOf(dna, edge).from) ?? 0, to: rows.get(id) ?? 0 });
  }
  const last = order.at(-1);
  const channels = last === undefined ? 0 : shapeOf(last).channels;
  lines.push('  │ global average pooling', `  ◆ dense ${channels} → ${classes}, softmax`);
  return drawArcs(lines, arcs, columns);
}

/** Each vertex after all that it depends on, and next to one of those wherever it can be: a branch stays together. */
function chainOrder(dna: Dna): VertexId[] {
  const order: VertexId[] = [inputVertex(dna)];
  const waiting = new Map(Object.entries(dna.vertices).map(([id, { edgesIn }]) => [id, edgesIn.length]));
  const ready: VertexId[] = [];
  for (const id of order) {
    for (const edge of vertexOf(dna, id).edgesOut) {
      const { to } = edgeOf(dna, edge);
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
    // Those that became ready last continue the chain; among them the one whose size the last vertex decides.
    const next = ready.findLast((candidate) => isPrimary(dna, candidate, id)) ?? ready.at(-1);
    if (next === undefined) continue;
    ready.splice(ready.indexOf(next), 1);
    order.push(next);
  }
  return order;
}

function isPrimary(dna: Dna, id: VertexId, from: VertexId): boolean {
  const primary = primaryInEdge(dna, id, 'scale');
  return primary !== undefined && edgeOf(dna, primary).from === from;
}

/** The edge that is drawn straight down: one from the vertex above; of several the primary one. */
function inlineEdge(dna: Dna, id: VertexId, above: VertexId | undefined): EdgeId | undefined {
  const fromAbove = vertexOf(dna, id).edgesIn.filter((edge) => edgeOf(dna, edge).from === above);
  const primary = primaryInEdge(dna, id, 'scale');
  return fromAbove.find((edge) => edge === primary) ?? fromAbove[0];
}

function describeVertex(dna: Dna, id: VertexId, { height, width, channels }: Shape): string {
  const vertex = vertexOf(dna, id);
  const leaky = vertex.type === 'BN_RELU' && vertex.leakiness > 0 ? ` leaky ${vertex.leakiness}` : '';
  const what = id === inputVertex(dna) ? ' image' : vertex.type === 'BN_RELU' ? ` BN+ReLU${leaky}` : '';
  return `${height}×${width}×${channels}${what}`;
}

function describeEdge(dna: Dna, id: EdgeId, shapeOf: (id: VertexId) => Shape): string {
  const edge = edgeOf(dna, id);
  if (edge.type === 'IDENTITY') return '';
  const { filterHeight, filterWidth, stride } = convolutionOf(edge);
  const from = shapeOf(edge.from).channels;
  const channels = Math.round(edge.depthFactor * from);
  return `conv ${filterHeight}×${filterWidth}${stride > 1 ? ` /${stride}` : ''}, ${from} → ${channels}`;
}

/** Convolutions on arcs have no line of their own, so they are named where they end. */
function describeOthers(dna: Dna, edges: readonly EdgeId[], shapeOf: (id: VertexId) => Shape): string[] {
  return edges.map((edge) => describeEdge(dna, edge, shapeOf)).filter((text) => text !== '');
}

/** Draws arcs from row to row in lanes at the right: short ones inside, none over another. */
function drawArcs(lines: readonly string[], arcs: readonly Arc[], columns: number): string[] {
  if (arcs.length === 0) return [...lines];
  const left = Math.max(...lines.map((line) => line.length)) + 3;
  const lanes: Arc[][] = [];
  for (const arc of arcs.toSorted((a, b) => a.to - a.from - (b.to - b.from))) {
    const free = lanes.find((lane) => lane.every((other) => other.to < arc.from || other.from > arc.to));
    if (free === undefined) lanes.push([arc]);
    else free.push(arc);
  }
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
