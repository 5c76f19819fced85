// A real Slurm on this machine: see run.sh. Everything that is started ends with the world that it runs in.

import { chmodSync, readFileSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { galapagos } from '../cli/harness.js';
import { expectSound, logsOf, trainedSteps } from '../cli/processes.js';
import { eventually } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import {
  PATIENCE,
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

/** In which a search lies, that all nodes see. */
const home = () => `${temporaryDirectory()}/run`;

afterEach(endAll);

describe('a search under Slurm', () => {
  test('is launched, followed, scaled up and down, and stopped', async () => {
    const root = await makeSearch(home(), 40);
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
    const launches = readdirSync(`${root}/logs`).filter((folder) => folder !== 'workers');
    for (const folder of launches) chmodSync(`${root}/logs/${folder}/job.sbatch`, 0o664);
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
    const logged = (await galapagos(['logs', root, '--lines', '10000'])).out;
    expect(logged).toContain('born of');
    expect(logged).toMatch(/joined as w1, task [0-9]+_[01] on \S+, trains on/);
    expect(logged).toMatch(/leaving: asked, SIGTERM/);
    await expectSound(root);
  });

  test('goes on where it was, when a task is queued again: by hand, and by its time limit', async () => {
    const root = await makeSearch(home(), 10_000_000);
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
    const root = await makeSearch(home(), 10_000_000);
    launch(root, '--workers', '1', '--detach', '--sbatch', 'open-mode=append');
    await eventually(() => trainedSteps(root).some((step) => step > 0), PATIENCE);
    const [worker] = (await statusOf(root)).workers;
    const id = worker?.slurmJob ?? '';
    // All of the job dies without a word, as on a node that is switched off; its worker says that it works.
    slurm('scancel', '--full', '--signal=KILL', id);
    await eventually(() => !['RUNNING', 'COMPLETING'].includes(stateOf(id)), PATIENCE);
    slurm('scontrol', 'requeue', id);
    await startNow(id);
    await eventually(async () => (await statusOf(root)).totals.adoptions === 1, PATIENCE);
    expect((await statusOf(root)).totals.births).toBe(1);
    await galapagos(['stop', root]);
    expect((await galapagos(['logs', root, '--level', 'warn'])).out).toMatch(/slot 0 {2}.*CANCELLED/);
    await expectSound(root);
  });

  test('gives each worker a GPU of its own, and ends with 6 where it cannot be used', async () => {
    const root = await makeSearch(home(), 40);
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
    const root = await makeSearch(home(), 40);
    const { code, stderr } = await launch(root, '--workers', '2', '--partition', 'nowhere').finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/sbatch: .*[Ii]nvalid partition/);
    expect(readdirSync(`${root}/logs`)).toEqual([]);
  });

  test('prints the script that it would submit', async () => {
    const root = await makeSearch(home(), 40);
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
