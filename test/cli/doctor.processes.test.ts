import { readdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Health, doctorCommand } from '../../packages/cli/src/commands/doctor.js';
import { describeHealth } from '../../packages/cli/src/describe-health.js';
import { LISTS, machineWith } from '../support/nvidia-smi.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { eventually } from '../support/processes.js';
import { expectSound, makeSearch, start } from './processes.js';

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
    directory: { path: directory, alone: { hasLinks: true }, between: null },
  });
  expect(health.directory?.verdict).not.toBe('unfit');
  expect(health.directory?.together.ownNames).toMatchObject({
    falseWins: 0,
    lost: 0,
    doubled: 0,
  });
  expect(readdirSync(directory)).toEqual([]);
});

it('says of a directory what was measured, and what follows', async () => {
  const directory = temporaryDirectory();
  const { code, out, err } = await doctor([directory]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^directory {4}\S+: (a disk|the memory) of this machine, /m);
  expect(out).toMatch(
    /\n {2}\w+ +renames of one directory: \d+ by 3 processes, .+: one winner each, nothing lost; losers are told ENOENT/,
  );
  expect(out).toMatch(
    /\n {2}fit.*; a worker that is silent for \d+ s is taken for gone \(bounds\.leaseSeconds\)\n/,
  );
});

it('disturbs no experiment, and leaves nothing in it', async () => {
  const root = await makeSearch('few');
  const before = readdirSync(root).sort();
  expect((await doctor([root])).code).toBe(0);
  expect(readdirSync(root).sort()).toEqual(before);
  await expectSound(root);
});

it('examines a directory from two hosts at once, which find each other there', async () => {
  const directory = temporaryDirectory();
  writeFileSync(`${directory}/theirs`, '');
  const [one, other] = await Promise.all([
    doctor([directory, '--as', 'node1.cluster', '--peer', 'node2', '--json']),
    doctor([directory, '--as', 'node2', '--peer', 'any']),
  ]);
  expect({ code: one.code, other: other.code }).toEqual({ code: 0, other: 0 });
  const health = JSON.parse(one.out) as Health;
  expect(doctorCommand.output?.safeParse(health).error).toBeUndefined();
  expect(health.directory?.between).toMatchObject({
    other: 'node2',
    isFirst: true,
    together: { participants: 2, ownNames: { falseWins: 0, lost: 0, doubled: 0, spoilt: 0 } },
  });
  expect(other.out).toMatch(/ with node1: renames of one directory: \d+ by two hosts/);
  expect(other.out).toMatch(/ with node1: clocks: that of node1 is this host's/);
  expect(readdirSync(directory)).toEqual(['theirs']);
});

it('says who is missing, and whom those who are there wait for', async () => {
  const directory = temporaryDirectory();
  const [lone, wrong] = await Promise.all([
    doctor([directory, '--as', 'a', '--peer', 'b', '--wait', '15s']),
    doctor([directory, '--as', 'c', '--peer', 'd', '--wait', '15s']),
  ]);
  expect({ code: lone.code, wrong: wrong.code }).toEqual({ code: 1, wrong: 1 });
  expect(lone.err).toContain(`a waits for b: galapagos doctor ${directory} --as b --peer a (`);
  // What it found alone is not thrown away.
  expect(lone.out).toMatch(/ renames of one directory: \d+ by 3 processes/);
  expect(lone.out).toContain('  not tried with another host: b has not come within 15 s (');
  expect(lone.out + wrong.out).toMatch(/c, for d|a, for b/);
  expect(readdirSync(directory)).toEqual([]);
});

it('takes away what it has written when it is interrupted', async () => {
  const directory = temporaryDirectory();
  const running = start(['doctor', directory, '--as', 'a', '--peer', 'b'], { env: bare });
  await eventually(() => readdirSync(directory).some((name) => name.startsWith('.doctor-')));
  running.child.kill('SIGTERM');
  const { code, stderr } = await running.finished;
  expect(code).toBe(143);
  expect(stderr).toContain('galapagos: interrupted; all that was written is removed');
  expect(readdirSync(directory)).toEqual([]);
});

it.each([
  [['--peer', 'b'], '--peer: in which directory?'],
  [['x', '--as', 'b'], '--as: only with --peer'],
  [['x', '--as', 'b', '--peer', 'b'], "--peer b: that is this host's own name"],
  [['x', '--peer', 'a/b'], 'a/b: no name of a host'],
  [['x', '--peer', 'b', '--wait', 'long'], '--wait long: write a duration'],
])('refuses %j', async (flags, message) => {
  const { code, err } = await doctor(flags);
  expect(code).toBe(2);
  expect(err).toContain(message);
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
  expect((await doctor(['/etc/passwd'])).err).toBe('galapagos: /etc/passwd: is no directory\n');
});

it('tells what a container may use, and how fast it is', () => {
  const lines = describeHealth({
    node: { version: 'v22.0.0', platform: 'linux', architecture: 'arm64' },
    processor: { model: 'unknown', cores: 64, availableCores: 8, coreQuota: 2.5, instructions: ['asimd'] },
    memory: { bytes: 256e9, freeBytes: 100e9, limitBytes: 8e9 },
    gpus: [
      { name: 'NVIDIA H200', uuid: 'GPU-a', isVisible: true },
      { name: 'NVIDIA H200', uuid: 'GPU-b', isVisible: false },
    ],
    gpuProblem: null,
    backends: [],
    training: { choice: 'auto', backend: 'native', detail: 'neon', reason: 'the best that is there' },
    flopsPerSecond: 20e9,
    directory: null,
  });
  expect(lines).toEqual([
    'Node         v22.0.0, linux arm64',
    'processor    unknown, 64 cores, 8 of them for this process, time of 2.5 for its container; asimd',
    'memory       256 GB, 100 GB of it free, at most 8.0 GB for this process',
    'GPUs         NVIDIA H200 (GPU-a)',
    '             NVIDIA H200 (GPU-b), hidden by CUDA_VISIBLE_DEVICES',
    'back ends',
    'training     native, neon: the best that is there',
    'speed        20 GFLOP/s, one thread, six convolutions',
  ]);
});

it('lists the GPUs, and which of them CUDA_VISIBLE_DEVICES leaves', async () => {
  const env = { ...machineWith(LISTS.two), CUDA_VISIBLE_DEVICES: '1' };
  const { code, out } = await doctor(['--backend', 'wasm'], env);
  expect(code).toBe(0);
  expect(out).toContain(
    'GPUs         NVIDIA H200 (GPU-5c8f0a12-0000-4000-8000-00000000000a), hidden by CUDA_VISIBLE_DEVICES\n' +
      '             NVIDIA H200 (GPU-77aa0b34-0000-4000-8000-00000000000b)\n',
  );
  const sick = await doctor(['--backend', 'wasm'], machineWith(['NVML: no'], 9));
  expect(sick.out).toContain('GPUs         nobody says which: nvidia-smi: NVML: no\n');
});
