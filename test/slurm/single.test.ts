// A real Slurm on this machine: see run.sh. Everything that is started ends with the world that it runs in.

import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { flagsOf, galapagos } from '../cli/harness.js';
import { expectSound, logsOf, start, trainedSteps } from '../cli/processes.js';
import { type StartedProcess, eventually } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Milliseconds that Slurm may take to begin, to end or to notice something. */
const PATIENCE = 60_000;

interface Task {
  readonly id: string;
  readonly state: string;
  readonly node: string;
}
interface Status {
  readonly workers: readonly { name: string; state: string; slurmJob: string | null }[];
  readonly jobs: { readonly tasks: readonly Task[]; readonly problem: string | null };
  readonly totals: { readonly births: number; readonly adoptions: number };
}

async function statusOf(root: string): Promise<Status> {
  const { code, out, err } = await galapagos(['status', root, '--json']);
  expect(code, err).toBe(0);
  return JSON.parse(out) as Status;
}

const isWorking = ({ state }: { state: string }) => state === 'working';

/** A search whose individuals train for seconds, with checkpoints to go on from; or for ever. */
async function makeSearch(steps: number, settings: Record<string, string> = {}): Promise<string> {
  const root = `${temporaryDirectory()}/run`;
  const flags = flagsOf({
    'search.populationSize': '24',
    'training.steps': String(steps),
    'training.checkpointSeconds': '0.2',
    'bounds.leaseSeconds': '600',
    ...settings,
  });
  const { code, err } = await galapagos(['init', root, ...flags]);
  expect(code, err).toBe(0);
  return root;
}

const followers: StartedProcess[] = [];

function launch(root: string, ...options: string[]): StartedProcess {
  const follower = start(['launch', root, '--slurm', '--time', '10', '--backend', 'wasm', ...options], {
    timeoutMs: 5 * PATIENCE,
  });
  followers.push(follower);
  return follower;
}

async function untilWorking(root: string, count: number): Promise<void> {
  await eventually(async () => (await statusOf(root)).workers.filter(isWorking).length === count, PATIENCE);
}

function slurm(program: string, ...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
}

/**
 * A task that was queued again waits for two minutes, which Slurm sets once its earlier life is over; this one does not, but
 * for the seconds in which its node clears away that life.
 */
async function startNow(id: string): Promise<void> {
  const state = () => slurm('squeue', '--noheader', `--jobs=${id}`, '--format=%T').trim();
  await eventually(() => state() === 'PENDING', PATIENCE);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  slurm('scontrol', 'update', `JobId=${id}`, 'StartTime=now');
  await eventually(() => state() === 'RUNNING', PATIENCE);
}

afterEach(() => {
  slurm('scancel', '--user=root');
  for (const { child } of followers.splice(0)) child.kill('SIGKILL');
});

describe('a search under Slurm', () => {
  test('is launched, followed, scaled up and down, and stopped', async () => {
    const root = await makeSearch(40);
    const follower = launch(root, '--workers', '2');
    await untilWorking(root, 2);
    expect((await statusOf(root)).workers.map(({ slurmJob }) => slurmJob?.split('_')[1]).sort()).toEqual([
      '0',
      '1',
    ]);

    expect((await galapagos(['scale', root, '5'])).err).toContain('2 workers and 3 more, job');
    await untilWorking(root, 5);
    const down = await galapagos(['scale', root, '1']);
    expect(down.err).toContain('1 worker:');
    await untilWorking(root, 1);
    // The newest go first, and none of them was killed.
    await eventually(async () => {
      const { tasks } = (await statusOf(root)).jobs;
      return tasks.filter(({ state }) => state === 'RUNNING').length === 1;
    }, PATIENCE);
    const { workers } = await statusOf(root);
    expect(workers.filter(({ state }) => state === 'left')).toHaveLength(4);

    // It would be carried out as whoever submits it.
    for (const folder of readdirSync(`${root}/logs`)) chmodSync(`${root}/logs/${folder}/job.sbatch`, 0o664);
    const refused = await galapagos(['scale', root, '3']);
    expect({ code: refused.code, err: refused.err }).toMatchObject({
      code: 2,
      err: /another user wrote it, or may have/,
    });

    const stopped = await galapagos(['stop', root]);
    expect({ code: stopped.code, err: stopped.err }).toMatchObject({ code: 0, err: /jobs: all have ended/ });
    const { code, stderr } = await follower.finished;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/job [0-9]+: 2 completed/);
    expect((await galapagos(['logs', root, '--launch', 'all'])).out).toContain('born of');
    await expectSound(root);
  });

  test('goes on where it was, when a task is queued again: by hand, and by its time limit', async () => {
    const root = await makeSearch(10_000_000);
    launch(root, '--workers', '2', '--detach');
    const trained = () => trainedSteps(root).filter((step) => step > 0).length === 2;
    await eventually(trained, PATIENCE);
    const before = await statusOf(root);
    const [first] = before.workers;
    const id = first?.slurmJob ?? '';
    slurm('scontrol', 'requeue', id);
    await startNow(id);
    // Nobody waits for the lease of ten minutes to take up what the task itself has held: it was given back, or it says
    // that its earlier life is over.
    await eventually(async () => (await statusOf(root)).totals.adoptions === 1, PATIENCE);
    const after = await statusOf(root);
    expect(after.totals.births).toBe(2);
    expect(after.workers.filter(isWorking).map(({ slurmJob }) => slurmJob)).toContain(id);
    expect(after.workers.map(({ name }) => name)).toContain('w3');

    // As Slurm does before the limit.
    slurm('scancel', '--batch', '--signal=USR1', id);
    await startNow(id);
    await eventually(async () => (await statusOf(root)).totals.adoptions === 2, PATIENCE);
    expect((await statusOf(root)).totals.births).toBe(2);
    expect(readdirSync(`${root}/training`)).toHaveLength(2);
    expect((await galapagos(['stop', root, '--grace', '30s'])).err).toContain('jobs: all have ended');
    await expectSound(root);
  });

  test('takes up at once what its own killed worker held, when its task was queued again', async () => {
    const root = await makeSearch(10_000_000);
    launch(root, '--workers', '1', '--detach', '--sbatch', 'open-mode=append');
    await eventually(() => trainedSteps(root).some((step) => step > 0), PATIENCE);
    const [worker] = (await statusOf(root)).workers;
    const id = worker?.slurmJob ?? '';
    // All of the job dies without a word, as on a node that is switched off; its worker says that it works.
    slurm('scancel', '--full', '--signal=KILL', id);
    const state = () => slurm('squeue', '--noheader', '--states=all', `--jobs=${id}`, '--format=%T').trim();
    await eventually(() => !['RUNNING', 'COMPLETING'].includes(state()), PATIENCE);
    slurm('scontrol', 'requeue', id);
    await startNow(id);
    await eventually(async () => (await statusOf(root)).totals.adoptions === 1, PATIENCE);
    expect((await statusOf(root)).totals.births).toBe(1);
    await galapagos(['stop', root]);
    await expectSound(root);
  });

  test('gives each worker a GPU of its own, and ends with 6 where it cannot be used', async () => {
    const root = await makeSearch(40);
    const follower = launch(
      ...[root, '--workers', '4', '--gres', 'gpu:1'],
      ...['--setup', 'echo "GPU $CUDA_VISIBLE_DEVICES of $SLURMD_NODENAME" >&2; sleep 5'],
    );
    const { code, stderr } = await follower.finished;
    expect(code, stderr).toBe(6);
    expect(stderr).toMatch(/task [0-3] ended on n[0-2]: FAILED/);
    const gpus = [...logsOf(root).matchAll(/GPU ([0-9]) of (n[0-9])/g)].map(
      ([, gpu, node]) => `${node} ${gpu}`,
    );
    expect(new Set(gpus).size).toBe(4);
    // Nobody asks for it again: it would end in the same way.
    expect((await statusOf(root)).jobs.tasks.map(({ state }) => state)).toEqual(Array(4).fill('FAILED'));
  });

  test('is not begun where Slurm refuses, and leaves nothing behind', async () => {
    const root = await makeSearch(40);
    const { code, stderr } = await launch(root, '--workers', '2', '--partition', 'nowhere').finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/sbatch: .*[Ii]nvalid partition/);
    expect(readdirSync(`${root}/logs`)).toEqual([]);
  });

  test('prints the script that it would submit', async () => {
    const root = await makeSearch(40);
    const { stdout, code } = await launch(root, '--workers', '2', '--dry-run').finished;
    expect(code).toBe(0);
    expect(stdout).toContain('#SBATCH --array=0-1\n');
    expect(readdirSync(root)).not.toContain('logs');
    // What was submitted is what was printed, but for the time in the name of its folder.
    await launch(root, '--workers', '2', '--detach').finished;
    const [folder = ''] = readdirSync(`${root}/logs`);
    const submitted = readFileSync(`${root}/logs/${folder}/job.sbatch`, 'utf8');
    const timeless = (text: string) => text.replaceAll(/logs\/[^/]+\//g, 'logs/…/').trimEnd();
    expect(timeless(submitted)).toBe(timeless(stdout));
    await galapagos(['stop', root]);
  });
});
