import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { type SbatchOptions, renderSbatch } from '@galapagos/launcher';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';

const plain: SbatchOptions = {
  workers: 4,
  command: ['/usr/bin/node', '/shared/galapagos.js', 'worker', '/shared/runs/a'],
  logDirectory: '/shared/runs/a/logs/x',
};

const all: SbatchOptions = {
  ...plain,
  command: [
    '/opt/node 22/bin/node',
    '/shared/galapagos.js',
    'worker',
    "/shared/it's 50 % done",
    '--backend',
    'native',
  ],
  logDirectory: "/shared/it's 50 % done/logs/x",
  jobName: 'galapagos-a',
  time: '04:00:00',
  partition: 'gpu',
  account: 'lab',
  gres: 'gpu:a100:1',
  constraint: 'a100|h100',
  mem: '8G',
  extra: { qos: 'long', exclusive: true, signal: 'B:USR1@300', array: '0-3%2' },
  setup: ['module load nodejs/22', 'export TF_CPP_MIN_LOG_LEVEL=2'],
};

describe('a job script', () => {
  test.each([
    ['plain', plain],
    ['all', all],
  ])('is what it was: %s', async (name, options) => {
    await expect(renderSbatch(options)).toMatchFileSnapshot(`golden/${name}.sbatch`);
  });

  test.each([plain, all])('is one that a shell can read', (options) => {
    const file = `${temporaryDirectory()}/job`;
    writeFileSync(file, renderSbatch(options));
    execFileSync('bash', ['-n', file]);
  });

  test('asks for a GPU that is not to be missed, however it is asked for', () => {
    const require = 'export GALAPAGOS_GPU=require';
    expect(renderSbatch(plain)).not.toContain(require);
    expect(renderSbatch({ ...plain, gres: 'shard:1' })).not.toContain(require);
    for (const options of [
      { gres: 'gpu:1' },
      { extra: { gpus: '1' } },
      { extra: { 'gpus-per-task': 'a100:1' } },
    ])
      expect(renderSbatch({ ...plain, ...options })).toContain(require);
  });

  test.each([
    ['workers', { workers: 0 }],
    ['line break', { partition: 'a\n#SBATCH --uid=0' }],
    ['no option of sbatch', { extra: { 'qos evil': '1' } }],
  ])('is refused where an option makes no sense: %s', (message, options) => {
    expect(() => renderSbatch({ ...plain, ...options })).toThrow(RangeError);
    expect(() => renderSbatch({ ...plain, ...options })).toThrow(message);
  });
});
