import type { Arrays } from './arrays.js';

// The safetensors format: the length of a JSON header (8 bytes, little-endian), the header, the arrays one after
// the other. The header gives each array its dtype, shape and place; `__metadata__` holds texts.

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;

/** Thrown when bytes are not a safetensors file of float32 arrays. */
export class WeightsFileError extends Error {
  override readonly name = 'WeightsFileError';
}

/** Arrays and texts as a safetensors file. */
export function encodeWeights(arrays: Arrays, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
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
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + headerLength;
  if (start > file.length) throw new WeightsFileError('shorter than its header');
  const header = parseHeader(file.subarray(LENGTH_BYTES, start));
  const arrays: Arrays = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name !== '__metadata__') arrays.set(name, readArray(file.subarray(start), name, entry));
  }
  return { arrays, metadata: textsOf(header['__metadata__']) };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof header === 'object' && header !== null) return header as Record<string, unknown>;
  } catch (error) {
    throw new WeightsFileError(`its header is not JSON: ${String(error)}`);
  }
  throw new WeightsFileError('its header is not an object');
}

function readArray(data: Uint8Array, name: string, entry: unknown) {
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  const isCounts = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
  if (dtype !== 'F32' || !isCounts(shape) || !isCounts(offsets)) {
    throw new WeightsFileError(`${name}: not a float32 array`);
  }
  const [from = 0, to = 0] = offsets;
  const size = shape.reduce((product, side) => product * side, 1);
  if (to - from !== size * 4 || to > data.length)
    throw new WeightsFileError(`${name}: its place does not fit its shape`);
  // Copied, so that it is aligned whatever the header's length.
  return { shape, values: new Float32Array(data.slice(from, to).buffer) };
}

function textsOf(metadata: unknown): Record<string, string> {
  if (typeof metadata !== 'object' || metadata === null) return {};
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]));
}
