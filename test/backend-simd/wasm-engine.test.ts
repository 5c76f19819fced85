import { expect, test } from 'vitest';
import { instantiateWasm } from '../../packages/backend-simd/src/wasm-engine.js';

test('a program is as good in a memory of all that addresses reach', () => {
  const { kernels, memory, base } = instantiateWasm();
  const line = Math.ceil(base / 64);
  const check = () => {
    // Version 1, a batch of 1, no planes, no instructions; its result in the line behind.
    new Int32Array(memory.buffer, 64 * line, 16).set([1, 1, 0, 16, 0, 16, 0, line + 1]);
    return kernels.program_check(64 * line, 16, memory.buffer.byteLength);
  };
  expect(check()).toBe(-1);
  memory.grow(65536 - memory.buffer.byteLength / 65536);
  expect(memory.buffer.byteLength).toBe(2 ** 32);
  expect(check()).toBe(-1);
});
