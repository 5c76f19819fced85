import { importError } from './raw-source.js';
import type { RecordFile } from './record-file.js';

/** An array of NumPy whose values stay in the file. */
export interface NpyArray {
  file: RecordFile;
  /** What to call it in a message: the file, or the member of an .npz. */
  name: string;
  /** Its type as NumPy writes it, `<i8` say, and in NumPy's words, `int64`. */
  type: string;
  typeName: string;
  itemBytes: number;
  isBigEndian: boolean;
  shape: number[];
  /** Where the values begin. */
  start: number;
}

const MAGIC = '\x93NUMPY';
const KINDS: Readonly<Record<string, string>> = {
  b: 'bool',
  i: 'int',
  u: 'uint',
  f: 'float',
  c: 'complex',
  S: 'bytes',
  U: 'str',
};

/**
 * Reads the header of an .npy file, of format 1 to 3.
 * @param name What to call it in a message.
 *
 * Thrown when it is not one, it is shorter than its header promises, or in Fortran's order.
 */
export function openNpy(file: RecordFile, name = file.path): NpyArray {
  const fail = (expected: string, found: string, fix: string) => importError(name, expected, found, fix);
  const again = "Save it once more with np.save('x.npy', x).";
  const head = file.upTo(0, 12);
  if (head.toString('latin1', 0, 6) !== MAGIC || head.length < 12) {
    throw fail('an .npy file, which begins with \\x93NUMPY', `${file.size} bytes that are none`, again);
  }
  const isLong = head[6]! >= 2;
  const headerBytes = isLong ? head.readUInt32LE(8) : head.readUInt16LE(8);
  const headerStart = isLong ? 12 : 10;
  const header = file.upTo(headerStart, Math.min(headerBytes, 2 ** 20)).toString('latin1');
  const [, type = ''] = /'descr':\s*'([^']*)'/.exec(header) ?? [];
  const [, order, kind = '', width = ''] = /^([<>|=]?)([a-zA-Z])(\d+)$/.exec(type) ?? [];
  const [, dimensions] = /'shape':\s*\(([\d,\s]*)\)/.exec(header) ?? [];
  if (dimensions === undefined || kind === '') {
    throw fail('an array of numbers', `a header ${JSON.stringify(header.trim().slice(0, 200))}`, again);
  }
  const shape = dimensions
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const bits = kind === 'b' ? '' : 8 * Number(width);
  const array: NpyArray = {
    ...{ file, name, type, shape },
    typeName: `${KINDS[kind] ?? kind}${bits}`,
    itemBytes: Number(width),
    isBigEndian: order === '>',
    start: headerStart + headerBytes,
  };
  if (/'fortran_order':\s*True/.test(header) && shape.filter((length) => length > 1).length > 1) {
    throw fail("C's order", "Fortran's", "Save it with np.save('x.npy', np.ascontiguousarray(x)).");
  }
  const bytes = shape.reduce((product, length) => product * length, array.itemBytes);
  if (file.size - array.start !== bytes) {
    const found = `${file.size - array.start}`;
    throw fail(
      `${bytes} bytes for ${shape.join(' x ')} of ${array.typeName}`,
      found,
      `It is not whole. ${again}`,
    );
  }
  return array;
}

/**
 * Labels out of an array of (N) or (N, 1) whole numbers of any width.
 *
 * Thrown when they are something else.
 */
export function labelsOf(array: NpyArray): number[] {
  const { file, name, typeName, itemBytes, isBigEndian, shape, start } = array;
  const [count = 0, second] = shape;
  const expected = 'one whole number for each image';
  if (shape.length === 2 && second !== 1) {
    const fix = `If it is one-hot: np.save('y.npy', y.argmax(axis=1)).`;
    throw importError(name, expected, `an array of ${shape.join(' x ')}`, fix);
  }
  if (shape.length !== 1 && shape.length !== 2) {
    throw importError(
      name,
      expected,
      `an array of ${shape.join(' x ') || 'no dimension'}`,
      'Is it the images?',
    );
  }
  if (!/^(u?int|bool)/.test(typeName) || ![1, 2, 4, 8].includes(itemBytes)) {
    throw importError(name, expected, typeName, "Save it with np.save('y.npy', y.astype('int64')).");
  }
  const bytes = file.read(start, count * itemBytes);
  const isSigned = typeName.startsWith('int');
  return Array.from({ length: count }, (_, at) =>
    wholeNumber(bytes, at * itemBytes, itemBytes, isBigEndian, isSigned),
  );
}

function wholeNumber(
  bytes: Buffer,
  at: number,
  width: number,
  isBigEndian: boolean,
  isSigned: boolean,
): number {
  if (width === 8) {
    const value = isBigEndian ? bytes.readBigInt64BE(at) : bytes.readBigInt64LE(at);
    return Number(isSigned ? value : BigInt.asUintN(64, value));
  }
  if (isBigEndian) return isSigned ? bytes.readIntBE(at, width) : bytes.readUIntBE(at, width);
  return isSigned ? bytes.readIntLE(at, width) : bytes.readUIntLE(at, width);
}
