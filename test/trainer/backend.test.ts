import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js';
import { findBackendFactory, getBackend, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import { simdOperations } from '@galapagos/backend-simd';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { chooseBackend } from '../../packages/trainer/src/backend.js';
import { BACKEND_LADDER, BackendError, remedyFor } from '../../packages/trainer/src/backend-choice.js';
import { stockOperations } from '../../packages/trainer/src/stock-operations.js';
import { type Surroundings, builtDirectory } from '../../packages/trainer/src/tensorflow.js';
import { tensorflowOperations } from '../../packages/trainer/src/tensorflow-operations.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

type Load = Surroundings['load'];

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

/** tfjs-node's back end, as far as it is looked at. */
class FakeTensorflow extends MathBackendCPU {
  readonly binding = { TF_Version: '2.9.1' };

  constructor(readonly isUsingGpuDevice = false) {
    super();
  }
}

/** What tfjs-node does as it is imported. */
function fakeTensorflow(start: () => MathBackendCPU = () => new FakeTensorflow()): Load {
  return () => {
    registerBackend('tensorflow', start);
    return Promise.resolve({});
  };
}

const onGpu = fakeTensorflow(() => new FakeTensorflow(true));

/** A machine; packages that are not named are not installed. */
function machine(
  packages: Record<string, Load> = {},
  { environment = {}, ...rest }: Partial<Surroundings> = {},
): Surroundings {
  return {
    environment: { XDG_DATA_HOME: '/nowhere', ...environment },
    load: (name) => (packages[name] ?? notFound)(name),
    hasGpuDriver: false,
    hasAvx: true,
    native: () => ({ available: false, reason: 'no compiler' }),
    ...rest,
  };
}

const NODE = '@tensorflow/tfjs-node';
const GPU = '@tensorflow/tfjs-node-gpu';

afterEach(() => {
  if (findBackendFactory('tensorflow') !== null) removeBackend('tensorflow');
});

describe('chooseBackend', () => {
  test('goes down the ladder, and says why', async () => {
    expect(BACKEND_LADDER).toEqual(['tfjs-node-gpu', 'native', 'tfjs-node', 'wasm']);
    const asked: string[] = [];
    const load: Load = (name) => {
      asked.push(name);
      return notFound(name);
    };
    const chosen = await chooseBackend('auto', machine({}, { load, hasGpuDriver: true }));
    expect(asked).toEqual([GPU, NODE]);
    expect(chosen).toEqual({
      name: 'wasm',
      detail: 'simd128',
      reason:
        'the best that is there; tfjs-node-gpu: not installed; native: no compiler; tfjs-node: not installed',
      operations: simdOperations,
    });
    expect(getBackend()).toBe('simd-wasm');
  });

  test('takes the first that is there', async () => {
    const chosen = await chooseBackend('auto', machine({ [NODE]: fakeTensorflow() }));
    expect(chosen).toEqual({
      name: 'tfjs-node',
      detail: 'libtensorflow 2.9.1',
      reason: 'the best that is there; tfjs-node-gpu: no driver of a GPU is to be seen; native: no compiler',
      operations: tensorflowOperations,
    });
    expect(getBackend()).toBe('tensorflow');
    removeBackend('tensorflow');
    const better = await chooseBackend('auto', machine({ [GPU]: onGpu }, { hasGpuDriver: true }));
    expect(better).toMatchObject({
      name: 'tfjs-node-gpu',
      detail: 'libtensorflow 2.9.1 on a GPU',
      reason: 'the best that is there',
    });
  });

  test('one that does not load, or does not start, is passed over with its reason', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const failing = fakeTensorflow(() => {
      throw new Error('no device');
    });
    const there = machine({ [GPU]: broken, [NODE]: failing }, { hasGpuDriver: true });
    const chosen = await chooseBackend('auto', there);
    expect(chosen.name).toBe('wasm');
    expect(chosen.reason).toBe(
      'the best that is there; tfjs-node-gpu: does not load: Error: libcudart.so.11.0: cannot open shared object file; native: no compiler; tfjs-node: does not start',
    );
    expect(getBackend()).toBe('simd-wasm');
    // TensorFlow.js says it there, and only there.
    expect(warned.mock.calls.flat().join()).toContain('no device');
    warned.mockRestore();
  });

  test('one whose native part is missing is installed, and says what it lacks', async () => {
    const chosen = await chooseBackend('auto', machine({ [NODE]: withoutBinding }));
    expect(chosen.reason).toContain(
      "tfjs-node: does not load: Error: Cannot find module 'tfjs_binding.node'",
    );
  });

  test('a package that registers nothing is passed over too', async () => {
    const chosen = await chooseBackend('auto', machine({ [NODE]: () => Promise.resolve({}) }));
    expect(chosen.name).toBe('wasm');
    expect(chosen.reason).toMatch(/tfjs-node: does not load: Error: Backend name 'tensorflow' not found/);
  });

  test('a processor on which libtensorflow would end the process is not given it', async () => {
    const load = vi.fn(fakeTensorflow());
    const chosen = await chooseBackend('auto', machine({}, { load, hasAvx: false }));
    expect(chosen.reason).toContain('this processor has no AVX');
    expect(load).not.toHaveBeenCalled();
  });

  test('one that was asked for', async () => {
    expect(await chooseBackend('cpu', machine())).toEqual({
      name: 'cpu',
      detail: 'plain JavaScript',
      reason: 'asked for',
      operations: stockOperations,
    });
    expect(getBackend()).toBe('cpu');
    const node = await chooseBackend('tfjs-node', machine({ [NODE]: fakeTensorflow() }));
    expect(node).toMatchObject({ name: 'tfjs-node', reason: 'asked for' });
  });

  test('one that was asked for and is not there is an error that says how to come by it', async () => {
    await expect(chooseBackend('tfjs-node', machine())).rejects.toThrow(BackendError);
    await expect(chooseBackend('tfjs-node', machine())).rejects.toThrow(
      'tfjs-node: not installed. It takes `node scripts/tfjs-node.mjs`',
    );
    await expect(chooseBackend('tfjs-node-gpu', machine({ [GPU]: broken }))).rejects.toThrow(
      'the back end cannot be used: tfjs-node-gpu: does not load: Error: libcudart.so.11.0',
    );
  });
});

test('what says itself what is to be done gets no other advice', () => {
  expect(remedyFor('native', 'there is no C compiler')).toContain(
    'a C compiler (gcc or clang) and `node packages/',
  );
  expect(remedyFor('native', 'it is not built: build it with `node build.mjs`')).toBeUndefined();
  expect(remedyFor('native', 'GALAPAGOS_ISA asks for avx512: here there are avx2')).toBeUndefined();
  expect(remedyFor('tfjs-node', 'GALAPAGOS_TFJS_NODE: no /nowhere/register.cjs')).toBeUndefined();
});

describe('a promised GPU', () => {
  const required = { environment: { GALAPAGOS_GPU: 'require' }, hasGpuDriver: true };

  test('is refused where TensorFlow falls back to the processor, which it does in silence', async () => {
    const fallen = { [GPU]: fakeTensorflow() };
    const refusal = 'tfjs-node-gpu: libtensorflow finds no GPU, and would compute on the processor';
    await expect(chooseBackend('tfjs-node-gpu', machine(fallen))).rejects.toThrow(refusal);
    await expect(chooseBackend('auto', machine(fallen, required))).rejects.toThrow(refusal);
    // Not promised, it is a reason to take another.
    const chosen = await chooseBackend('auto', machine(fallen, { hasGpuDriver: true }));
    expect(chosen.name).toBe('wasm');
    expect(chosen.reason).toContain(refusal);
  });

  test('is taken where there is one', async () => {
    const chosen = await chooseBackend('auto', machine({ [GPU]: onGpu }, required));
    expect(chosen).toMatchObject({ name: 'tfjs-node-gpu', detail: 'libtensorflow 2.9.1 on a GPU' });
  });

  test('is not broken for another back end, and has one spelling', async () => {
    await expect(chooseBackend('wasm', machine({}, required))).rejects.toThrow(
      'GALAPAGOS_GPU=require promises a GPU, and wasm computes on the processor',
    );
    await expect(chooseBackend('auto', machine({}, { ...required, hasGpuDriver: false }))).rejects.toThrow(
      'tfjs-node-gpu: no driver of a GPU is to be seen. It takes an NVIDIA GPU',
    );
    const misspelt = machine({}, { environment: { GALAPAGOS_GPU: 'yes' } });
    await expect(chooseBackend('wasm', misspelt)).rejects.toThrow('GALAPAGOS_GPU=yes: write require');
  });
});

describe('a tfjs-node that was built', () => {
  function build(directory: string, gpu = false): void {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'galapagos-tfjs-node.json'), JSON.stringify({ gpu }));
    writeFileSync(
      join(directory, 'register.cjs'),
      `module.exports = (tf) => tf.registerBackend('tensorflow', () => new globalThis.FakeTensorflow());`,
    );
    Object.assign(globalThis, { FakeTensorflow });
  }

  test('is found where it is put, before any package, and settings of the user stay', async () => {
    const data = temporaryDirectory();
    const around = machine({}, { environment: { XDG_DATA_HOME: data } });
    build(builtDirectory(around.environment));
    process.env['TF_NUM_INTRAOP_THREADS'] = '3';
    delete process.env['TF_NUM_INTEROP_THREADS'];
    const chosen = await chooseBackend('tfjs-node', around);
    expect(chosen.detail).toBe('libtensorflow 2.9.1');
    expect(process.env).toMatchObject({
      TF_NUM_INTRAOP_THREADS: '3',
      TF_NUM_INTEROP_THREADS: '1',
      TF_ENABLE_ONEDNN_OPTS: '1',
    });
    delete process.env['TF_NUM_INTRAOP_THREADS'];
  });

  test('is found where GALAPAGOS_TFJS_NODE says, or missed there', async () => {
    const directory = temporaryDirectory();
    const around = machine({ [NODE]: fakeTensorflow() }, { environment: { GALAPAGOS_TFJS_NODE: directory } });
    await expect(chooseBackend('tfjs-node', around)).rejects.toThrow(`GALAPAGOS_TFJS_NODE: no ${directory}`);
    build(directory);
    expect((await chooseBackend('tfjs-node', around)).name).toBe('tfjs-node');
  });

  test('from a wheel for the processor alone is none for a GPU', async () => {
    const directory = temporaryDirectory();
    const around = machine({}, { environment: { GALAPAGOS_TFJS_NODE: directory } });
    build(directory);
    await expect(chooseBackend('tfjs-node-gpu', around)).rejects.toThrow('tfjs-node-gpu: not installed');
    build(directory, true);
    await expect(chooseBackend('tfjs-node-gpu', around)).rejects.toThrow('libtensorflow finds no GPU');
  });

  test('is looked for where the script puts it', async () => {
    // Scripts have no types.
    const places: string = '../../scripts/tfjs-node/places.mjs';
    const { defaultDirectory } = (await import(places)) as {
      defaultDirectory: typeof builtDirectory;
    };
    const environments = [{}, { HOME: '/h' }, { XDG_DATA_HOME: '/x' }, { XDG_DATA_HOME: 'x', HOME: '/h' }];
    for (const one of [...environments, { GALAPAGOS_TFJS_NODE: '/g', XDG_DATA_HOME: '/x' }])
      expect(defaultDirectory(one), JSON.stringify(one)).toBe(builtDirectory(one));
  });
});
