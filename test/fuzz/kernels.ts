// Every kernel of an engine, on random shapes, against the plain float64 loops of the referee.
import { type Engine, SimdBackend, registerSimdBackend } from '@galapagos/backend-simd';
import { findBackend, setBackend } from '@tensorflow/tfjs-core';
import { Draw } from './draw.js';
import { fuzzPlaneConvolution } from './plane-convolutions.js';
import { fuzzPlaneOperation } from './plane-operations.js';
import { fuzzTapeOperation } from './tape-operations.js';

/** One case of a seed. @returns What it was. @throws Mismatch */
export type Fuzz = (seed: string) => string;

export async function fuzzer(engine: Engine): Promise<Fuzz> {
  const name = registerSimdBackend(engine);
  await setBackend(name);
  const backend = findBackend(name);
  if (!(backend instanceof SimdBackend)) throw new Error(`${name} is no back end of ours`);
  return (seed) => {
    const draw = new Draw(seed);
    const kind = draw.integer(4);
    if (kind < 2) return fuzzPlaneConvolution(backend, draw);
    return kind === 2 ? fuzzPlaneOperation(backend, draw) : fuzzTapeOperation(draw);
  };
}
