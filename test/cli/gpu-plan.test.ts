import { installedGpus } from '@galapagos/launcher';
import type { Found } from '@galapagos/trainer';
import { describe, expect, it } from 'vitest';
import { type GpuGround, type GpuRequest, ownGpu, planGpus } from '../../packages/cli/src/gpu-plan.js';
import { LISTS, machineWith } from '../support/nvidia-smi.js';
import { galapagos } from './harness.js';
import { makeSearch } from './processes.js';

const onGpu: Found = {
  name: 'tfjs-node-gpu',
  detail: 'libtensorflow on a GPU',
  reason: 'the best that is there',
};
const onProcessor: Found = { name: 'native', detail: 'avx2', reason: 'tfjs-node-gpu: not installed' };

function terminalOf(said: string[]) {
  return { err: (line: string) => void said.push(line) };
}

/** What three workers get, and what was said. */
async function planOf(request: Partial<GpuRequest>, visible?: string, found = onGpu) {
  const environment = { ...machineWith(LISTS.two), CUDA_VISIBLE_DEVICES: visible };
  const tried: (string | undefined)[] = [];
  const ground: GpuGround = {
    environment,
    installed: installedGpus,
    tryBackend: (_choice, given) => {
      tried.push(given['CUDA_VISIBLE_DEVICES']);
      return Promise.resolve(found);
    },
  };
  const said: string[] = [];
  const whole = { gpus: 'auto', workersPerGpu: 1, workers: undefined, backend: 'auto', ...request } as const;
  const { places, environmentOf } = await planGpus(whole, terminalOf(said), ground);
  return { places, three: [0, 1, 2].map(environmentOf), said, tried };
}

const given = (...gpus: string[]) =>
  gpus.map((gpu) => ({ CUDA_VISIBLE_DEVICES: gpu, GALAPAGOS_GPU: 'require' }));

describe('GPUs are dealt out', () => {
  it('as CUDA_VISIBLE_DEVICES leaves them, where the back end for them is there', async () => {
    const [a, b] = ['GPU-5c8f0a12-0000-4000-8000-00000000000a', 'GPU-77aa0b34-0000-4000-8000-00000000000b'];
    expect(await planOf({})).toEqual({ places: 2, three: given(a, b, a), said: [], tried: [a] });
    expect(await planOf({}, '1')).toMatchObject({ places: 1, three: given('1', '1', '1') });
    expect(await planOf({ workersPerGpu: 2 }, '1,0')).toMatchObject({
      places: 4,
      three: given('1', '0', '1'),
    });
  });

  it('as they are asked for, without a look at the back end: who is promised one and has none ends with 6', async () => {
    expect(await planOf({ gpus: '1' }, '0,1', onProcessor)).toEqual({
      places: 1,
      three: given('1', '1', '1'),
      said: [],
      tried: [],
    });
    expect(await planOf({ backend: 'tfjs-node-gpu' }, '0', onProcessor)).toMatchObject({
      three: given('0', '0', '0'),
      tried: [],
    });
  });

  it('not where nothing could train on them, which is said', async () => {
    const { places, three, said } = await planOf({}, undefined, onProcessor);
    expect({ places, three }).toEqual({ places: undefined, three: [{}, {}, {}] });
    expect(said).toEqual([
      '2 GPUs here, but no back end to train on: tfjs-node-gpu: not installed. With --gpus none nobody looks for one',
    ]);
  });

  it.each([
    [{ backend: 'native' as const }, undefined, [{}, {}, {}]],
    [{}, '', [{}, {}, {}]],
    [{}, 'NoDevFiles', [{}, {}, {}]],
    [{ gpus: 'none' }, '0,1', Array.from({ length: 3 }, () => ({ CUDA_VISIBLE_DEVICES: '' }))],
  ])('not with %j and %j', async (request, visible, three) => {
    expect(await planOf(request, visible)).toEqual({ places: undefined, three, said: [], tried: [] });
  });

  it.each([
    [{ gpus: '0', backend: 'wasm' as const }, '--gpus 0: wasm computes on the processor'],
    [{ gpus: 'none', backend: 'tfjs-node-gpu' as const }, '--gpus none: tfjs-node-gpu computes on a GPU'],
    [{ gpus: '2' }, '--gpus 2: no GPU 2: visible are 0, 1'],
    [{ workersPerGpu: 0 }, '--workers-per-gpu: a whole number, at least 1'],
    [{ workers: 5 }, '--workers 5: 2 GPUs, 1 worker on each; --workers-per-gpu 3 has them shared'],
  ])('never with %j', async (request, message) => {
    await expect(planOf(request, '0,1')).rejects.toThrow(message);
  });

  it('where the driver is sick, as the environment says', async () => {
    const said: string[] = [];
    const environment = { ...machineWith(['NVML: no'], 9), CUDA_VISIBLE_DEVICES: '3' };
    const request = { gpus: 'auto', workersPerGpu: 1, workers: 1, backend: 'tfjs-node-gpu' } as const;
    const ground = { environment, installed: installedGpus, tryBackend: () => Promise.resolve(onGpu) };
    expect((await planGpus(request, terminalOf(said), ground)).gpus).toEqual(['3']);
    expect(said).toEqual(['which GPUs there are nobody says: nvidia-smi: NVML: no']);
  });
});

describe('a worker that nobody gave a GPU', () => {
  it.each([
    [undefined, undefined, 'GPU-5c8f0a12-0000-4000-8000-00000000000a'],
    ['0,1', '1', '1'],
    ['0,1', '2', '0'],
    ['1', '3', undefined],
    ['NoDevFiles', '0', undefined],
  ])('of %j, in place %j of its Slurm step, takes %j', async (visible, place, gpu) => {
    const environment = {
      ...machineWith(LISTS.two),
      CUDA_VISIBLE_DEVICES: visible,
      SLURM_LOCALID: place,
    };
    const ground = { environment, installed: installedGpus, tryBackend: () => Promise.resolve(onGpu) };
    expect(await ownGpu('auto', terminalOf([]), ground)).toBe(gpu);
    expect(await ownGpu('wasm', terminalOf([]), ground)).toBeUndefined();
  });
});

it('launch says what is wrong with a choice of GPUs', async () => {
  const root = await makeSearch('few', 4);
  const { code, err } = await galapagos(['launch', root, '--gpus', '0', '--backend', 'wasm']);
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringContaining('--gpus 0: wasm computes on the processor') as string,
  });
});
