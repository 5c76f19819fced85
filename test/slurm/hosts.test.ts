// A real Slurm over three hosts that share a MooseFS: see run.sh. Hosts are switched off and cut off; all that is started
// ends with the world that it runs in.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { galapagos } from '../cli/harness.js';
import { expectSound, logsOf, trainedSteps } from '../cli/processes.js';
import { eventually, runMark } from '../support/processes.js';
import {
  PATIENCE,
  type Status,
  endAll,
  isWorking,
  launch,
  makeSearch,
  slurm,
  startNow,
  stateOf,
  statusOf,
  untilWorking,
} from './harness.js';

const HOSTS = { h0: 10, h1: 11, h2: 12 };
type Name = keyof typeof HOSTS;
const names = Object.keys(HOSTS) as Name[];
/** What Slurm keeps to itself: every host of this machine sees the same disk. */
const slurmDirectory = process.env['SLURM_DIRECTORY'] ?? '';
/** There is no GPU that could be computed on: each worker is given one, and trains on a processor. */
const GPUS = ['--gres', 'gpu:1', '--setup', 'readonly GALAPAGOS_GPU='];

const hosts = new Map<Name, ChildProcess>();

function boot(name: Name): void {
  const host = ['test/cluster/hosts', 'run', name, String(HOSTS[name])];
  const node = ['bash', 'test/cluster/moosefs', 'client', 'bash', 'test/cluster/slurm', 'node'];
  // Jobs are processes of this test, a host is not.
  const env = { ...process.env, [runMark]: '' };
  hosts.set(name, spawn('bash', [...host, ...node, slurmDirectory, name], { stdio: 'inherit', env }));
}

/** A cable is pulled, or put in again: nobody is told. */
function plug(how: 'cut' | 'heal', name: Name): void {
  expect(spawnSync('bash', ['test/cluster/hosts', how, name]).status).toBe(0);
}

/** All of a host ends in the same instant, and says no farewell. */
async function switchOff(name: Name): Promise<void> {
  plug('cut', name);
  const host = hosts.get(name);
  host?.kill('SIGKILL');
  await eventually(() => host?.signalCode !== null, PATIENCE);
}

async function untilIdle(): Promise<void> {
  const states = () => slurm('sinfo', '--noheader', '--Node', '--partition=main', '--format=%T');
  await eventually(() => /^(idle\n){3}$/.test(states()), PATIENCE);
}

/** Host and GPU of each trainer, out of its own environment, in their order. */
function gpusOfTrainers(): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/cmdline`).includes('trainer/dist/child.js'))
    .map((pid) => {
      const of = (name: string) => RegExp(`(?:^|\0)${name}=([^\0]*)`).exec(read(`/proc/${pid}/environ`))?.[1];
      return `${of('SLURMD_NODENAME')}: ${of('CUDA_VISIBLE_DEVICES')}`;
    })
    .sort();
}

/** The text of a file; none where its process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const home = () => `${mkdtempSync('/run/shared/')}/run`;

/** The two workers of a host. */
async function workersOn(root: string, host: Name): Promise<Status['workers']> {
  const workers = (await statusOf(root)).workers.filter((one) => isWorking(one) && one.host === host);
  expect(workers).toHaveLength(2);
  return workers;
}

/** The folders of the individuals that workers train. */
function held(root: string, workers: Status['workers']): string[] {
  return readdirSync(`${root}/training`).filter((name) =>
    workers.some((worker) => name.endsWith(`~${worker.name}`)),
  );
}

/** How many of them have a checkpoint. */
function checkpointed(root: string, workers: Status['workers']): number {
  return held(root, workers).filter((name) =>
    readdirSync(`${root}/training/${name}/${name.split('~')[1] ?? ''}`).some((file) =>
      file.startsWith('checkpoint~'),
    ),
  ).length;
}

beforeAll(async () => {
  for (const name of names) boot(name);
  await untilIdle();
});
afterEach(async () => {
  endAll();
  await eventually(() => slurm('squeue', '--noheader') === '', PATIENCE);
});
afterAll(() => {
  for (const host of hosts.values()) host.kill('SIGKILL');
});

describe('a search under Slurm, on three hosts with two GPUs each', () => {
  test('loses nothing when a host is switched off, one is cut off and healed, and a task is queued again', async () => {
    const root = await makeSearch(home(), 40_000, { 'bounds.leaseSeconds': '10' });
    const follower = launch(root, '--workers', '6', ...GPUS);
    await untilWorking(root, 6);
    await eventually(() => gpusOfTrainers().length === 6, PATIENCE);
    expect(gpusOfTrainers()).toEqual(['h0: 0', 'h0: 1', 'h1: 0', 'h1: 1', 'h2: 0', 'h2: 1']);

    const lost = await workersOn(root, 'h0');
    await eventually(() => checkpointed(root, lost) === 2, PATIENCE);
    await switchOff('h0');
    const orphans = held(root, lost).length;
    expect(orphans).toBeGreaterThan(0);
    // Those on other hosts go on from the checkpoints, each when it is done with its own.
    await eventually(() => held(root, lost).length === 0, 2 * PATIENCE);
    const adoptions = async () => (await statusOf(root)).totals.adoptions;
    await eventually(async () => (await adoptions()) >= orphans, PATIENCE);

    const late = await workersOn(root, 'h1');
    await eventually(() => checkpointed(root, late) === 2, PATIENCE);
    plug('cut', 'h1');
    const more = (await adoptions()) + held(root, late).length;
    await eventually(() => held(root, late).length === 0, 1.5 * PATIENCE);
    plug('heal', 'h1');
    // They come back, and find that what they hold is somebody else's by now.
    const takenAway = () =>
      logsOf(root)
        .split('\n')
        .filter((line) => line.includes('"taken-away"'));
    await eventually(
      () => late.every(({ name }) => takenAway().some((line) => line.includes(`"worker":"${name}"`))),
      PATIENCE,
    );
    await eventually(async () => (await adoptions()) >= more, PATIENCE);

    boot('h0');
    const [alive] = await workersOn(root, 'h2');
    const requeued = alive?.slurmJob ?? '';
    slurm('scontrol', 'requeue', requeued);
    // Those of the other host never ended.
    for (const { slurmJob } of lost) await startNow(slurmJob ?? '');
    await startNow(requeued);
    // Of the workers of the host that was switched off nobody has said yet that they are gone.
    await eventually(async () => {
      const { tasks } = (await statusOf(root)).jobs;
      return tasks.filter(({ state }) => state === 'RUNNING').length === 6;
    }, PATIENCE);
    await eventually(() => gpusOfTrainers().length === 6, PATIENCE);
    expect(new Set(gpusOfTrainers()).size).toBe(6);

    const stopped = await galapagos(['stop', root, '--grace', '40s']);
    expect({ code: stopped.code, err: stopped.err }).toMatchObject({ code: 0, err: /jobs: all have ended/ });
    const { code, stderr } = await follower.finished;
    expect(code, stderr).toBe(0);
    expect(gpusOfTrainers()).toEqual([]);
    await expectSound(root);
    // Whoever was born is somewhere.
    const { births } = (await statusOf(root)).totals;
    const { out } = await galapagos(['ls', root, '--json']);
    expect((JSON.parse(out) as unknown[]).length).toBe(births);
  });

  test('outlives the time limit of its tasks', async () => {
    const root = await makeSearch(home(), 10_000_000);
    // The warning may come up to half a minute early.
    launch(root, '--workers', '2', '--detach', '--time', '1', '--sbatch', 'signal=B:USR1@20');
    await eventually(() => trainedSteps(root).filter((step) => step > 0).length === 2, PATIENCE);
    const { workers } = await statusOf(root);
    const tasks = workers.map(({ slurmJob }) => slurmJob ?? '');
    await eventually(() => tasks.every((id) => stateOf(id) === 'PENDING'), 2 * PATIENCE);
    // Both gave back what they held, with what they had learned.
    expect((await statusOf(root)).workers.map(({ state }) => state)).toEqual(['left', 'left']);
    const before = trainedSteps(root);
    expect(Math.min(...before)).toBeGreaterThan(0);

    for (const id of tasks) await startNow(id);
    await eventually(async () => (await statusOf(root)).totals.adoptions === 2, PATIENCE);
    await eventually(() => Math.min(...trainedSteps(root)) > Math.max(...before), PATIENCE);
    expect((await statusOf(root)).totals.births).toBe(2);
    await galapagos(['stop', root, '--grace', '30s']);
    await expectSound(root);
  });

  test('is scaled from two workers to six, and to one, while it runs', async () => {
    const root = await makeSearch(home(), 400);
    const follower = launch(root, '--workers', '2', ...GPUS);
    await untilWorking(root, 2);
    expect((await galapagos(['scale', root, '6'])).code).toBe(0);
    await untilWorking(root, 6);
    await eventually(() => gpusOfTrainers().length === 6, PATIENCE);
    expect(new Set(gpusOfTrainers()).size).toBe(6);
    expect((await galapagos(['scale', root, '1'])).code).toBe(0);
    await untilWorking(root, 1);
    // Nobody was killed: all that is in training is somebody's, or was given back.
    expect((await statusOf(root)).workers.filter(({ state }) => state === 'left')).toHaveLength(5);
    await galapagos(['stop', root, '--grace', '30s']);
    expect((await follower.finished).code).toBe(0);
    await expectSound(root);
  });
});
