import { LINE_FLOATS } from './parameter-layout.js';
import type { ProgramBuffer } from './program-builder.js';

/** How far kernels may read (never write) beyond a buffer, in floats. */
const SLACK_FLOATS = 64;

/** Row r of a plane, r = y * channels + channel, begins `left + r * pitch` floats from its beginning. */
export interface PlaneSize {
  /** Zeros before the first row; between two rows the pitch leaves as many. */
  readonly left: number;
  readonly pitch: number;
  readonly floats: number;
}

/** A row is width * batch floats: each pixel's examples lie side by side. */
export function planeSize(plane: ProgramBuffer & { kind: 'plane' }, batch: number): PlaneSize {
  const { height, width, channels } = plane.shape;
  const left = roundUp(plane.margin * batch);
  const row = left + roundUp(width * batch);
  // An odd number of cache lines, so that the rows of one column do not compete for the same sets of the cache.
  const pitch = (row / LINE_FLOATS) % 2 === 0 ? row + LINE_FLOATS : row;
  return { left, pitch, floats: left + height * channels * pitch + SLACK_FLOATS };
}

export function floatsOf(buffer: ProgramBuffer, batch: number): number {
  return buffer.kind === 'plane' ? planeSize(buffer, batch).floats : buffer.floats + SLACK_FLOATS;
}

function roundUp(floats: number): number {
  return Math.ceil(floats / LINE_FLOATS) * LINE_FLOATS;
}
