import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually, runProcess, startProcess } from '../support/processes.js';
import { repository } from '../support/source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const script = join(repository, 'deploy', 'slurm', 'array.sbatch');

let directory: string;
const path = () => ({ PATH: `${directory}/bin:/usr/bin:/bin` });
const said = () => readFileSync(`${directory}/said`, 'utf8').trimEnd().split('\n');

/** Programs that stand for node and scontrol: they write down how they were called, and what they hear. */
beforeEach(() => {
  directory = temporaryDirectory();
  mkdirSync(`${directory}/bin`);
  stub(
    'node',
    `trap 'echo USR1 >> said; exit 75' USR1
trap 'echo TERM >> said; exit 0' TERM
echo "node $*" >> said
while [[ ! -e end ]]; do sleep 0.05; done
exit "$(cat end)"`,
  );
  stub('scontrol', 'echo "scontrol $*" >> said');
});

function stub(name: string, lines: string): void {
  writeFileSync(`${directory}/bin/${name}`, `#!/bin/bash\ncd ${directory}\n${lines}\n`);
  chmodSync(`${directory}/bin/${name}`, 0o755);
}

async function submitted(environment: Record<string, string>) {
  const job = startProcess('/bin/bash', [script, '--log', 'debug'], {
    env: { ...path(), ...environment },
  });
  await eventually(() => existsSync(`${directory}/said`));
  return job;
}

const task = {
  GALAPAGOS_DIR: '/shared/my runs/a',
  GALAPAGOS_HOME: '/shared/galapagos',
  SLURM_JOB_ID: '12',
  SLURM_ARRAY_JOB_ID: '10',
  SLURM_ARRAY_TASK_ID: '2',
};
const started = 'node /shared/galapagos/packages/cli/bin/galapagos.js worker /shared/my runs/a --log debug';

describe('the array job for Slurm', () => {
  it('says so when the time limit is near, and queues its own task again', async () => {
    const job = await submitted(task);
    job.child.kill('SIGUSR1');
    expect(await job.finished).toMatchObject({ code: 75 });
    expect(said()).toEqual([started, 'USR1', 'scontrol requeue 10_2']);
  });

  it('passes on that it is cancelled, and is not queued again', async () => {
    const job = await submitted(task);
    job.child.kill('SIGTERM');
    expect(await job.finished).toMatchObject({ code: 0 });
    expect(said()).toEqual([started, 'TERM']);
  });

  it.each(['USR1', 'TERM'])(
    'passes on a signal that comes before it knows its worker: %s',
    async (signal) => {
      // Told just before the line that notes the worker, which has begun to listen by then.
      writeFileSync(
        `${directory}/early`,
        `trap 'if [[ $BASH_COMMAND == "worker=\\$!" ]]; then
while [[ ! -e ${directory}/said ]]; do sleep 0.05; done
kill -${signal} $$
fi' DEBUG\n`,
      );
      const job = await submitted({ ...task, BASH_ENV: `${directory}/early` });
      expect(await job.finished).toMatchObject({ code: signal === 'USR1' ? 75 : 0 });
      expect(said().slice(0, 2)).toEqual([started, signal]);
    },
  );

  it.each([0, 3])('ends as the worker ends: %s', async (code) => {
    const job = await submitted(task);
    writeFileSync(`${directory}/end`, String(code));
    expect(await job.finished).toMatchObject({ code });
    expect(said()).toEqual([started]);
  });

  it('starts a worker again that fails, and gives up', async () => {
    stub('sleep', 'echo "sleep $*" >> said');
    stub('node', 'echo worker >> said; exit 1');
    const job = await submitted(task);
    const { code, stderr } = await job.finished;
    expect(code).toBe(7);
    expect(stderr).toContain('failed 6 times in a row');
    const again = [2, 4, 8, 16, 32].flatMap((seconds) => [`sleep ${seconds}`, 'worker']);
    expect(said()).toEqual(['worker', ...again]);
  });

  it('is queued again when its time is nearly over while it waits to start a worker again', async () => {
    stub('sleep', 'echo "sleep $*" >> said; while true; do /bin/sleep 0.05; done');
    stub('node', 'echo worker >> said; exit 1');
    const job = await submitted(task);
    await eventually(() => said().includes('sleep 2'));
    job.child.kill('SIGUSR1');
    expect(await job.finished).toMatchObject({ code: 75 });
    expect(said()).toEqual(['worker', 'sleep 2', 'scontrol requeue 10_2']);
  });

  it('starts nothing without a directory', async () => {
    const { code, stderr } = await runProcess('/bin/bash', [script], { env: path() });
    expect(code).not.toBe(0);
    expect(stderr).toContain('GALAPAGOS_DIR: is not set');
    expect(existsSync(`${directory}/said`)).toBe(false);
  });
});
