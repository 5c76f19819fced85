import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ImageShape, sizeOf } from './dataset.js';
import { DatasetError } from './errors.js';

// The bytes of a packed data set: the table in README.md of this package.

/** What the name of a packed data set ends in. */
export const PACK_EXTENSION = '.gpack';
export const PACK_MAGIC = 'GALAPACK';
const PACK_FORMAT = 1;
/** Magic, format, length of the header, SHA-256 of the header. */
export const PREFIX_BYTES = 48;
/** Labels and images begin at a multiple of this. */
const ALIGNMENT = 4096;
/** A header is some names and numbers: one that is longer is none. */
const MOST_HEADER_BYTES = 2 ** 26;

/** The most that an image has of pixels in a row, in a column, or of channels. */
export const LARGEST_SIZE = 65_535;
const size = z.int().min(1).max(LARGEST_SIZE);
const count = z
  .int()
  .min(1)
  .max(2 ** 31);

const headerFields = z.strictObject({
  name: z.string().min(1),
  height: size,
  width: size,
  channels: size,
  classes: z.array(z.string()).min(2).max(65_536),
  counts: z.strictObject({ train: count, validation: count, test: count }),
  normalization: z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number()) }),
  /** How the split came about. A part that is not drawn by the seed is one that the source had. */
  split: z.strictObject({
    seed: z.int().min(0),
    validation: z.enum(['drawn', 'own']),
    test: z.enum(['drawn', 'own']),
  }),
  /** What it was made of, in words. */
  origin: z.string(),
  /** SHA-256 of the contents, see `summarize`. */
  checksum: z.string().regex(/^[0-9a-f]{64}$/),
});

const packHeaderSchema = headerFields.refine(
  ({ channels, normalization: { mean, deviation } }) =>
    mean.length === channels && deviation.length === channels,
  { path: ['normalization'], error: 'expected one mean and one deviation for each channel' },
);

/** What a packed data set says of itself. */
export type PackHeader = z.infer<typeof packHeaderSchema>;

/** Where the parts of the file are, in bytes from its beginning. */
export interface PackLayout {
  labels: number;
  images: number;
  /** The length of the whole file. */
  end: number;
}

export function layoutOf(headerBytes: number, counts: PackHeader['counts'], shape: ImageShape): PackLayout {
  const examples = counts.train + counts.validation + counts.test;
  const labels = aligned(PREFIX_BYTES + headerBytes);
  const images = aligned(labels + 2 * examples);
  return { labels, images, end: images + examples * sizeOf(shape) };
}

function aligned(position: number): number {
  return Math.ceil(position / ALIGNMENT) * ALIGNMENT;
}

/** Prefix and header; the header is padded with blanks to `headerBytes`. */
export function encodeHead(header: PackHeader, headerBytes: number): Buffer {
  const json = Buffer.alloc(headerBytes, ' ');
  json.write(JSON.stringify(header));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(PACK_MAGIC, 'latin1');
  prefix.writeUInt32LE(PACK_FORMAT, 8);
  prefix.writeUInt32LE(headerBytes, 12);
  createHash('sha256').update(json).digest().copy(prefix, 16);
  return Buffer.concat([prefix, json]);
}

/** Thrown when a file with this header could not be opened again (`bad-options`). */
export function refuseHeader(header: PackHeader): void {
  const { error } = packHeaderSchema.safeParse(header);
  if (error === undefined) return;
  throw new DatasetError('bad-options', `This cannot be packed: ${z.prettifyError(error)}`);
}

/** What the prefix says, or what is wrong with it. */
export function decodePrefix(prefix: Buffer): { headerBytes: number; hash: Buffer } | { wrong: string } {
  if (prefix.length < PREFIX_BYTES) return { wrong: `${prefix.length} bytes` };
  if (prefix.toString('latin1', 0, 8) !== PACK_MAGIC) {
    return { wrong: `a file that begins with ${JSON.stringify(prefix.toString('latin1', 0, 8))}` };
  }
  const format = prefix.readUInt32LE(8);
  if (format !== PACK_FORMAT)
    return { wrong: `format ${format}, which this version of Galapagos does not know` };
  const headerBytes = prefix.readUInt32LE(12);
  if (headerBytes > MOST_HEADER_BYTES) return { wrong: `a header of ${headerBytes} bytes` };
  return { headerBytes, hash: prefix.subarray(16, PREFIX_BYTES) };
}

/** The header, or what is wrong with it. */
export function decodeHeader(json: Buffer, hash: Buffer): PackHeader | { wrong: string } {
  if (!createHash('sha256').update(json).digest().equals(hash)) {
    return { wrong: 'a header whose SHA-256 is not the one before it' };
  }
  let fields: unknown;
  try {
    fields = JSON.parse(json.toString());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { wrong: `a header that is no JSON (${error.message})` };
  }
  const parsed = packHeaderSchema.safeParse(fields);
  return parsed.success ? parsed.data : { wrong: `a header with ${z.prettifyError(parsed.error)}` };
}
