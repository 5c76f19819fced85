import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js';
import { findBackendFactory, getBackend, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import { simdOperations } from '@galapagos/backend-simd';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Load, chooseBackend } from '../../packages/trainer/src/backend.js';
import { BACKEND_LADDER, BackendError } from '../../packages/trainer/src/backend-choice.js';
import { stockOperations } from '../../packages/trainer/src/stock-operations.js';

const notFound: Load = (name) =>
  Promise.reject(
    Object.assign(new Error(`Cannot find package '${name}' imported from here`), {
      code: 'ERR_MODULE_NOT_FOUND',
    }),
  );
const withoutBinding = () =>
  Promise.reject(
    Object.assign(new Error("Cannot find module 'tfjs_binding.node'\nRequire stack:"), {
      code: 'MODULE_NOT_FOUND',
    }),
  );
const broken = () => Promise.reject(new Error('libcudart.so.11.0: cannot open shared object file\nand more'));

/** What tfjs-node does as it is imported. */
function fakeTensorflow(start: () => MathBackendCPU = () => new MathBackendCPU()): Load {
  return () => {
    registerBackend('tensorflow', start);
    return Promise.resolve({});
  };
}

/** Loads by package; what is not named is not installed. */
const loader =
  (packages: Record<string, Load>): Load =>
  (name) =>
    (packages[name] ?? notFound)(name);

afterEach(() => {
  if (findBackendFactory('tensorflow') !== null) removeBackend('tensorflow');
});

describe('chooseBackend', () => {
  test('goes down the ladder, and says why', async () => {
    expect(BACKEND_LADDER).toEqual(['tfjs-node-gpu', 'tfjs-node', 'simd']);
    const asked: string[] = [];
    const chosen = await chooseBackend('auto', (name) => {
      asked.push(name);
      return notFound(name);
    });
    expect(asked).toEqual(['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']);
    expect(chosen).toEqual({
      name: 'simd',
      reason: 'always there; tfjs-node-gpu: not installed; tfjs-node: not installed',
      operations: simdOperations,
    });
    expect(getBackend()).toBe('simd-wasm');
  });

  test('takes the first that is there', async () => {
    const load = loader({ '@tensorflow/tfjs-node': fakeTensorflow() });
    const chosen = await chooseBackend('auto', load);
    expect(chosen).toEqual({
      name: 'tfjs-node',
      reason: 'installed; tfjs-node-gpu: not installed',
      operations: stockOperations,
    });
    expect(getBackend()).toBe('tensorflow');
    removeBackend('tensorflow');
    const better = await chooseBackend('auto', loader({ '@tensorflow/tfjs-node-gpu': fakeTensorflow() }));
    expect(better.name).toBe('tfjs-node-gpu');
    expect(better.reason).toMatch(/^installed(, though no GPU is to be seen)?$/);
  });

  test('one that does not load, or does not start, is passed over with its reason', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const failing = fakeTensorflow(() => {
      throw new Error('no device');
    });
    const load = loader({ '@tensorflow/tfjs-node-gpu': broken, '@tensorflow/tfjs-node': failing });
    const chosen = await chooseBackend('auto', load);
    expect(chosen.name).toBe('simd');
    expect(chosen.reason).toBe(
      'always there; tfjs-node-gpu: does not load: Error: libcudart.so.11.0: cannot open shared object file; tfjs-node: does not start',
    );
    expect(getBackend()).toBe('simd-wasm');
    // TensorFlow.js says it there, and only there.
    expect(warned.mock.calls.flat().join()).toContain('no device');
    warned.mockRestore();
  });

  test('one whose native part is missing is installed, and says what it lacks', async () => {
    const chosen = await chooseBackend('auto', loader({ '@tensorflow/tfjs-node': withoutBinding }));
    expect(chosen.reason).toContain(
      "tfjs-node: does not load: Error: Cannot find module 'tfjs_binding.node'",
    );
  });

  test('a package that registers nothing is passed over too', async () => {
    const chosen = await chooseBackend(
      'auto',
      loader({ '@tensorflow/tfjs-node': () => Promise.resolve({}) }),
    );
    expect(chosen.name).toBe('simd');
    expect(chosen.reason).toMatch(/tfjs-node: does not load: Error: Backend name 'tensorflow' not found/);
  });

  test('one that was asked for', async () => {
    expect(await chooseBackend('cpu', notFound)).toEqual({
      name: 'cpu',
      reason: 'asked for',
      operations: stockOperations,
    });
    expect(getBackend()).toBe('cpu');
    const node = await chooseBackend('tfjs-node', loader({ '@tensorflow/tfjs-node': fakeTensorflow() }));
    expect(node).toMatchObject({ name: 'tfjs-node', reason: 'asked for' });
  });

  test('one that was asked for and is not there is an error, never another one', async () => {
    await expect(chooseBackend('tfjs-node', notFound)).rejects.toThrow(BackendError);
    await expect(chooseBackend('tfjs-node-gpu', broken)).rejects.toThrow(
      'the back end cannot be used: tfjs-node-gpu: does not load: Error: libcudart.so.11.0',
    );
  });
});
