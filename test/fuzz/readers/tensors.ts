import { SeededRandom, integer } from '@galapagos/dna';
import { decodeWeights, encodeWeights } from '@galapagos/trainer';
import { one, spoil } from '../hostile-bytes.js';
import { type Reader } from './reader.js';

/** What the trainer keeps for itself. */
export interface Internals {
  readonly decodeState: (bytes: Uint8Array) => { readonly stream: { readonly random: unknown } } | undefined;
  /** A checkpoint. */
  readonly encodeState: (state: never) => Uint8Array;
}

export function tensorReaders({ decodeState, encodeState }: Internals): Reader[] {
  const arrays = new Map([
    ['edge/e1/filter', { shape: [3, 3, 1, 2], values: new Float32Array(18).fill(0.5) }],
    ['dense/kernel', { shape: [2, 10], values: new Float32Array(20) }],
    ['dense/bias', { shape: [10], values: new Float32Array(10) }],
  ]);
  const state = {
    ...{ step: 4, seconds: 1, flops: 1e6, backends: ['none'], curve: [[1, 2.5]], arrays },
    stream: { epoch: [1, 2, 3, 4], position: 7, random: [5, 6, 7, 8] },
  };
  const checkpoint = Buffer.from(encodeState(state as never));
  const weights = Buffer.from(encodeWeights(arrays));
  return [
    {
      name: 'safetensors',
      read: (random) => Promise.resolve(decodeWeights(spoilTensors(weights, random))),
    },
    {
      name: 'checkpoint',
      read: (random) => {
        const state = decodeState(spoilTensors(checkpoint, random));
        return Promise.resolve(state && new SeededRandom(state.stream.random as never));
      },
    },
  ];
}

/** Its header as JSON, with a length that is right or not; or its bytes. */
function spoilTensors(file: Buffer, random: SeededRandom): Buffer {
  if (integer(random, 3) === 0) return spoil(file, 'bytes', random);
  const length = Number(file.readBigUInt64LE());
  const header = spoil(file.subarray(8, 8 + length), 'json', random);
  const prefix = Buffer.alloc(8);
  const lengths = [header.length, header.length, header.length, 2 ** 32, 2 ** 53, 0, header.length + 1];
  prefix.writeBigUInt64LE(BigInt(one(lengths, random)));
  return Buffer.concat([prefix, header, file.subarray(8 + length)]);
}
