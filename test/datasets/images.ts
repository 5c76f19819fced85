import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import sharp from 'sharp';

/** An image of random bytes. */
export function noise(random: () => number, height: number, width: number, channels: 1 | 3): Buffer {
  return Buffer.from(Uint8Array.from({ length: height * width * channels }, () => 256 * random()));
}

/** Writes an image file of the kind that its name says. */
export async function writeImage(
  path: string,
  pixels: Uint8Array,
  height: number,
  width: number,
  channels: 1 | 3 = 3,
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  await sharp(pixels, { raw: { height, width, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .toFile(path);
}

/** A folder with so many plain images in each of its classes. */
export async function writeFolder(
  root: string,
  classes: readonly string[],
  each: number,
  side = 4,
): Promise<void> {
  for (const [label, name] of classes.entries()) {
    for (let image = 0; image < each; image++) {
      const pixels = new Uint8Array(side * side * 3).fill(20 * label + image);
      await writeImage(join(root, name, `${image}.png`), pixels, side, side);
    }
  }
}

export function npy(descr: string, shape: readonly number[], bytes: Uint8Array, fortran = false): Buffer {
  const order = fortran ? 'True' : 'False';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${tuple}, }`;
  const header = `${text.padEnd(117)}\n`;
  const head = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header, 'latin1'), bytes]);
}

/** A ZIP archive, as np.savez_compressed makes one. */
export function zip(files: Readonly<Record<string, Buffer>>): Buffer {
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, tail, Buffer.from(name)]));
    bodies.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, directory, Buffer.from('PK\x05\x06'), end]);
}

export function idx(dimensions: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt32BE(0x0800 + dimensions.length);
  dimensions.forEach((dimension, axis) => header.writeUInt32BE(dimension, 4 + 4 * axis));
  return Buffer.concat([header, values]);
}

export function put(directory: string, files: Readonly<Record<string, Uint8Array>>): void {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(directory, name), bytes);
}
