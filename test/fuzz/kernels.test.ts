import { type Engine, nativeEngine } from '@galapagos/backend-simd';
import { describe, expect, test } from 'vitest';
import { type Fuzz, fuzzer } from './kernels.js';

const engines: readonly Engine[] = nativeEngine().available ? ['native', 'wasm'] : ['wasm'];
const CASES = 60;

/** A few cases of what `node test/fuzz/kernels.mjs` does for minutes. */
describe.each(engines)('kernels of random shapes, %s', (engine) => {
  test('are those of the referee', async () => {
    const fuzz: Fuzz = await fuzzer(engine);
    const kinds = new Set<string>();
    for (let i = 0; i < CASES; i++) kinds.add(fuzz(`unit ${i}`).split(' ')[0] as string);
    expect([...kinds]).toEqual(expect.arrayContaining(['direct', 'winograd2', 'winograd4', 'convolution']));
  });
});
