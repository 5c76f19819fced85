import { describe, expect, test } from 'vitest';
import { isEarlierLife, slurmTask } from '../../packages/population/src/node-host.js';

const elsewhere = { host: 'there', bootId: '', pidNamespace: '', pid: 1, processStart: '' };

describe('a task of Slurm', () => {
  test.each([
    ['of an array', { SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '2', SLURM_JOB_ID: '9' }, '7_2', 0],
    ['alone, and queued again', { SLURM_JOB_ID: '9', SLURM_RESTART_COUNT: '3' }, '9', 3],
    [
      'that was queued again as often as nobody knows',
      { SLURM_JOB_ID: '9', SLURM_RESTART_COUNT: '?' },
      '9',
      0,
    ],
    ['that is none', {}, null, null],
  ])('is one %s', (_what, environment, slurmJob, slurmRestart) => {
    expect(slurmTask(environment)).toEqual({ slurmJob, slurmRestart });
  });

  test('is the successor of whoever was the same task before', () => {
    const own = { ...elsewhere, slurmJob: '7_2', slurmRestart: 1 };
    const lives = [
      { ...own, slurmRestart: 0 },
      { ...own, slurmRestart: undefined },
      own,
      { ...own, slurmRestart: 2 },
      { ...own, slurmJob: '7_3', slurmRestart: 0 },
      { ...elsewhere, slurmJob: null },
    ];
    expect(lives.map((life) => isEarlierLife(life, own))).toEqual([true, true, false, false, false, false]);
    expect(isEarlierLife({ ...elsewhere, slurmJob: null }, { ...elsewhere, slurmJob: null })).toBe(false);
  });
});
