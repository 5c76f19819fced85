import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Health, doctorCommand } from '../../packages/cli/src/commands/doctor.js';
import { describeHealth } from '../../packages/cli/src/describe-health.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { makeSearch, start } from './processes.js';

/** A machine without TensorFlow, and without our native kernels. */
const bare = {
  GALAPAGOS_TFJS_NODE: '',
  XDG_DATA_HOME: '/nowhere',
  GALAPAGOS_ADDON: '/nowhere/simd.node',
  GALAPAGOS_GPU: '',
};

async function doctor(flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const { code, stdout, stderr } = await start(['doctor', ...flags], { env: { ...bare, ...env } }).finished;
  return { code, out: stdout, err: stderr };
}

it('says what would train, and how to come by what is better', async () => {
  const { code, out, err } = await doctor();
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^Node {9}v\d+\.\d+\.\d+, \w+ \w+\nprocessor {4}.+, \d+ cores?.*\nmemory {7}\d/);
  expect(out).toContain(
    '  native         no: there is no /nowhere/simd.node (GALAPAGOS_ADDON)\n' +
      '  tfjs-node      no: not installed\n' +
      '                 it takes `node scripts/tfjs-node.mjs`\n' +
      '  wasm           yes: simd128\n' +
      'training     wasm, simd128: the best that is there; tfjs-node-gpu: no driver of a GPU is to be seen; native: there is no',
  );
});

it('prints what it declares as JSON, and looks at the directory', async () => {
  const directory = temporaryDirectory();
  const { code, out } = await doctor([directory, '--json', '--backend', 'wasm']);
  expect(code).toBe(0);
  const health = JSON.parse(out) as Health;
  expect(doctorCommand.output?.safeParse(health).error).toBeUndefined();
  expect(health).toMatchObject({
    training: { choice: 'wasm', backend: 'wasm', detail: 'simd128', reason: 'asked for' },
    flopsPerSecond: null,
    directory: { path: directory },
  });
  expect(readdirSync(directory)).toEqual([]);
});

it('says how fast what trains is, and waits for no minutes', async () => {
  const { code, out } = await doctor(['--speed', '--backend', 'wasm']);
  expect(code).toBe(0);
  expect(out).toMatch(/\nspeed {8}[\d.]+ [MG]FLOP\/s, one thread, six convolutions\n$/);
  const slow = await doctor(['--speed', '--backend', 'cpu']);
  expect(slow).toMatchObject({
    code: 2,
    err: 'galapagos: --speed: cpu is for tests, and would take minutes\n',
  });
});

it('ends with 6 where a GPU was promised', async () => {
  const promised = await doctor([], { GALAPAGOS_GPU: 'require' });
  expect(promised.code).toBe(6);
  expect(promised.out).toContain('training     not possible with auto: no driver of a GPU is to be seen');
  // The promise is about what trains: the others are there all the same.
  expect(promised.out).toContain('  wasm           yes: simd128');
});

it('tells what a worker does: without the GPU that was promised it trains nothing', async () => {
  const root = await makeSearch('few');
  const env = { ...bare, GALAPAGOS_GPU: 'require' };
  const { code, stderr } = await start(['worker', root], { env }).finished;
  expect(code).toBe(6);
  expect(stderr).toContain('tfjs-node-gpu: no driver of a GPU is to be seen. It takes an NVIDIA GPU');
  expect(readdirSync(`${root}/training`)).toEqual([]);
  const willing = await start(['worker', await makeSearch('few', 1)], { env: bare }).finished;
  expect(willing.code).toBe(0);
  expect(willing.stderr).toContain('"backend":"wasm","reason":"simd128: the best that is there; ');
});

it('ends with 5 where the filesystem is unfit', async () => {
  const { code, err } = await doctor(['/sys']);
  expect({ code, err }).toMatchObject({ code: 5, err: expect.stringContaining('/sys') as string });
  const missing = await doctor(['/nowhere']);
  expect(missing).toMatchObject({ code: 2, err: 'galapagos: /nowhere: there is no such directory\n' });
});

it('tells what a container may use, and how fast it is', () => {
  const lines = describeHealth({
    node: { version: 'v22.0.0', platform: 'linux', architecture: 'arm64' },
    processor: { model: 'unknown', cores: 64, availableCores: 8, coreQuota: 2.5, instructions: ['asimd'] },
    memory: { bytes: 256e9, freeBytes: 100e9, limitBytes: 8e9 },
    backends: [],
    training: { choice: 'auto', backend: 'native', detail: 'neon', reason: 'the best that is there' },
    flopsPerSecond: 20e9,
    directory: null,
  });
  expect(lines).toEqual([
    'Node         v22.0.0, linux arm64',
    'processor    unknown, 64 cores, 8 of them for this process, time of 2.5 for its container; asimd',
    'memory       256 GB, 100 GB of it free, at most 8.0 GB for this process',
    'back ends',
    'training     native, neon: the best that is there',
    'speed        20 GFLOP/s, one thread, six convolutions',
  ]);
});
