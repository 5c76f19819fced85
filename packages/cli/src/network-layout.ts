import { type Arc, type NetworkRow, lanesOf } from './network-rows.js';

// In pixels.
const BOX = 24;
/** Between the boxes of two vertices, without and with a convolution in between. */
const GAP = 16;
const CONVOLUTION_GAP = 44;
/** Of an arc that begins or ends at a vertex, and of one that is named there. */
const PORT = 7;
const NAMED_PORT = 24;

/** A vertex, and how high it lies. */
export interface PlacedRow {
  readonly row: NetworkRow;
  readonly top: number;
  readonly bottom: number;
}

/** An arc, the heights at which it leaves and arrives, and how far out it runs. */
export interface PlacedArc {
  readonly arc: Arc;
  readonly start: number;
  readonly end: number;
  /** 0 is the innermost lane. */
  readonly lane: number;
}

export interface Layout {
  readonly rows: readonly PlacedRow[];
  readonly arcs: readonly PlacedArc[];
  readonly lanes: number;
  readonly bottom: number;
}

/** Places the column of vertices from a height on, and the arcs beside it. */
export function layOut(rows: readonly NetworkRow[], from: number): Layout {
  const arcs = rows.flatMap((row) => row.arcs);
  const lanes = lanesOf(arcs);
  const laneOf = new Map(lanes.flatMap((lane, index) => lane.map((arc) => [arc, index] as const)));
  const ports = rows.map((row, index) => portsOf(row, index, arcs, laneOf));
  const placed: PlacedRow[] = [];
  let top = from;
  for (const [index, row] of rows.entries()) {
    if (index > 0) top += row.edge !== undefined && row.edge.text !== '' ? CONVOLUTION_GAP : GAP;
    const bottom = top + Math.max(BOX, heightOfPorts(ports[index] ?? [], index) + 10);
    placed.push({ row, top, bottom });
    top = bottom;
  }
  const heightOf = (arc: Arc, row: number): number => {
    const { top: above = 0, bottom: below = 0 } = placed[row] ?? {};
    const all = ports[row] ?? [];
    const upTo = heightOfPorts(all.slice(0, all.indexOf(arc)), row) + heightOfPort(arc, row) / 2;
    return (above + below - heightOfPorts(all, row)) / 2 + upTo;
  };
  return {
    rows: placed,
    arcs: arcs.map((arc) => ({
      arc,
      start: heightOf(arc, arc.from),
      end: heightOf(arc, arc.to),
      lane: laneOf.get(arc) ?? 0,
    })),
    lanes: lanes.length,
    bottom: top,
  };
}

/**
 * The arcs at a vertex from its top to its bottom, so that none crosses another there: first those that arrive, from
 * above, the inner ones first; then those that leave, downwards, the outer ones first.
 */
function portsOf(
  row: NetworkRow,
  index: number,
  arcs: readonly Arc[],
  laneOf: ReadonlyMap<Arc, number>,
): Arc[] {
  const byLane = (a: Arc, b: Arc): number => (laneOf.get(a) ?? 0) - (laneOf.get(b) ?? 0);
  const leaving = arcs.filter(({ from }) => from === index);
  return [...row.arcs.toSorted(byLane), ...leaving.toSorted(byLane).reverse()];
}

function heightOfPorts(arcs: readonly Arc[], row: number): number {
  return arcs.reduce((sum, arc) => sum + heightOfPort(arc, row), 0);
}

/** An arc with a convolution is named where it ends. */
function heightOfPort(arc: Arc, row: number): number {
  return arc.to === row && arc.text !== '' ? NAMED_PORT : PORT;
}
