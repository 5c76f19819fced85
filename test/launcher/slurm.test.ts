import { chmodSync, writeFileSync } from 'node:fs';
import { cancel, exitCodeOfTask, isOver, isPending, submit, tasksOf } from '@galapagos/launcher';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';

let bin: string;

/** A program of Slurm that answers so. */
function answers(program: string, script: string): void {
  writeFileSync(`${bin}/${program}`, `#!/bin/sh\n${script}\n`);
  chmodSync(`${bin}/${program}`, 0o755);
}

beforeEach(() => {
  bin = temporaryDirectory();
  vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`);
});
afterEach(() => vi.unstubAllEnvs());

describe('what Slurm answers', () => {
  test('is the number of a job, of whatever cluster', async () => {
    answers('sbatch', 'echo "123;east"');
    expect(await submit('job')).toBe('123');
    answers('sbatch', 'echo nothing');
    await expect(submit('job')).rejects.toMatchObject({
      code: 'REFUSED',
      message: "sbatch: 'nothing' is no job",
    });
  });

  test('is a queue of tasks', async () => {
    answers(
      'squeue',
      `printf '7_0|RUNNING|None|n0|/a\\n7_11|PENDING|Resources||/a|b\\n8|RUNNING|None|n1|/a\\n7_2|FAILED|NonZeroExitCode|n0|/a\\n'`,
    );
    const tasks = await tasksOf(['7']);
    expect(tasks.map(({ id }) => id)).toEqual(['7_0', '7_11', '7_2']);
    expect(tasks[1]).toEqual({
      id: '7_11',
      job: '7',
      slot: 11,
      state: 'PENDING',
      reason: 'Resources',
      node: '',
      script: '/a|b',
    });
    expect(tasks.filter(isPending).map(({ slot }) => slot)).toEqual([11]);
    expect(tasks.filter(isOver).map(({ slot }) => slot)).toEqual([2]);
    // Nothing is asked where there is no job.
    answers('squeue', 'exit 1');
    expect(await tasksOf([])).toEqual([]);
  });

  test('may be that it has forgotten a job', async () => {
    const forgotten = 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1';
    answers('squeue', forgotten);
    answers('scontrol', forgotten);
    expect(await tasksOf(['7'])).toEqual([]);
    expect(await exitCodeOfTask({ id: '7_0' })).toBeUndefined();
    answers('scontrol', 'echo "JobId=9 ArrayJobId=7 ExitCode=6:0 DerivedExitCode=0:0"');
    expect(await exitCodeOfTask({ id: '7_0' })).toBe(6);
  });

  test('is told in its own words where it refuses, and where it is not there', async () => {
    answers('scancel', 'echo "scancel: error: Access/permission denied" >&2; exit 1');
    await expect(cancel([{ id: '7_0' }])).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'scancel: error: Access/permission denied',
    });
    vi.stubEnv('PATH', bin);
    await expect(submit('job')).rejects.toMatchObject({ code: 'MISSING', message: /sbatch is not here/ });
  });
});
