import type { Arrays } from './arrays.js';

// The safetensors format: the length of a JSON header (8 bytes, little-endian), the header, the arrays one after
// the other. The header gives each array its dtype, shape and place; `__metadata__` holds texts.

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
const METADATA = '__metadata__';

/** Thrown when bytes are not a safetensors file of float32 arrays, or not the weights that they should be. */
export class WeightsFileError extends Error {
  override readonly name = 'WeightsFileError';
}

/** Arrays and texts as a safetensors file. */
export function encodeWeights(arrays: Arrays, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  let end = 0;
  const header: Record<string, unknown> = { [METADATA]: metadata };
  for (const [name, { shape, values }] of arrays) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + values.byteLength] };
    end += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(LENGTH_BYTES + headerLength + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerLength);
  file.set(json, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerLength;
  for (const { values } of arrays.values()) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return file;
}

/** Reads a safetensors file of float32 arrays. @throws WeightsFileError that says what is wrong with it. */
export function decodeWeights(file: Uint8Array): { arrays: Arrays; metadata: Record<string, string> } {
  if (file.length < LENGTH_BYTES) throw new WeightsFileError('shorter than its header');
  // Not the file itself: a Buffer, which is a Uint8Array too, cuts slices that share its memory.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const start = LENGTH_BYTES + headerLength;
  if (start > bytes.length) throw new WeightsFileError('shorter than its header');
  const { [METADATA]: metadata, ...entries } = parseHeader(bytes.subarray(LENGTH_BYTES, start));
  const places = Object.entries(entries).map(([name, entry]) => placeOf(name, entry));
  const data = bytes.subarray(start);
  requireWhole(places, data.length);
  const arrays: Arrays = new Map();
  for (const { name, shape, from, to } of places) {
    // Copied, so that it is aligned whatever the header's length.
    arrays.set(name, { shape, values: new Float32Array(data.slice(from, to).buffer) });
  }
  return { arrays, metadata: textsOf(metadata) };
}

interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new WeightsFileError(`its header is not JSON: ${String(error)}`);
  }
  if (isRecord(header)) return header;
  throw new WeightsFileError('its header is not an object');
}

function placeOf(name: string, entry: unknown): Place {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (dtype !== 'F32' || !isCounts(shape) || !isCounts(offsets)) {
    throw new WeightsFileError(`${name}: not a float32 array`);
  }
  const [from = 0, to = 0] = offsets;
  const size = shape.reduce((product, side) => product * side, 1);
  if (offsets.length !== 2 || to - from !== size * Float32Array.BYTES_PER_ELEMENT) {
    throw new WeightsFileError(`${name}: its place does not fit its shape`);
  }
  return { name, shape, from, to };
}

/** The format allows no holes, no overlaps, nothing after the last array: so a file that was cut short is noticed. */
function requireWhole(places: readonly Place[], length: number): void {
  let end = 0;
  for (const { name, from, to } of places.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) throw new WeightsFileError(`${name}: begins at ${from}, not at ${end}`);
    end = to;
  }
  if (end !== length) throw new WeightsFileError(`${length} bytes of arrays, not ${end}`);
}

function textsOf(metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {};
  const texts = isRecord(metadata) ? Object.entries(metadata) : undefined;
  if (texts?.every((entry): entry is [string, string] => typeof entry[1] === 'string') === true) {
    return Object.fromEntries(texts);
  }
  throw new WeightsFileError('its metadata are not texts');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}
