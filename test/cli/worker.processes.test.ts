import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '@galapagos/dna';
import { Membership, Population, nodeFilesystem, unknowingHost } from '@galapagos/population';
import { refuseCrowd } from '../../packages/cli/src/refuse-crowd.js';
import { ManualClock } from '../support/manual-clock.js';
import { type StartedProcess, eventually, isRunning } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { galapagos } from './harness.js';
import {
  areGivenBack,
  expectSound,
  makeSearch,
  start,
  statusOf,
  trainers,
  untilTraining,
} from './processes.js';

let worker: StartedProcess | undefined;

afterEach(() => worker?.child.kill('SIGKILL'));

function workOn(root: string): StartedProcess {
  return (worker = start(['worker', root, '--backend', 'wasm']));
}

describe('worker', () => {
  it.each([
    ['SIGINT', 0],
    ['SIGUSR1', 75],
  ] as const)('gives back on %s, and ends with %d', async (signal, code) => {
    const root = await makeSearch('endless');
    const { child, finished } = workOn(root);
    await untilTraining(root, 1);
    child.kill(signal);
    const outcome = await finished;
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain('"msg":"handed-back"');
    expect(areGivenBack(root)).toEqual([true]);
    expect((await statusOf(root)).workers).toMatchObject([{ state: 'left' }]);
  });

  it('keeps a log of its own, and prints it in words where that is wanted', async () => {
    const root = await makeSearch('endless');
    const flags = ['--log-format', 'pretty', '--log', 'warn'];
    const { child, finished } = (worker = start(['worker', root, '--backend', 'wasm', ...flags], {
      env: { GALAPAGOS_LOG_SIZE: '1MB' },
    }));
    await untilTraining(root, 1);
    rmSync(`${root}/training`, { recursive: true });
    expect(await finished).toMatchObject({ code: 3 });
    const { stderr } = await finished;
    expect(stderr).toMatch(/^20\S+ \S+ {2}w1 {6}broken: PopulationError: .*training/m);
    const log = readFileSync(`${root}/logs/workers/w1.log`, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(log.at(-1) ?? '')).toMatchObject({
      level: 'error',
      worker: 'w1',
      msg: 'broken',
      reason: expect.stringContaining('training') as string,
    });
    expect(log.filter((line) => /"level":"(debug|info)"/.test(line))).toEqual([]);
    expect(child.killed).toBe(false);
  });

  it.each(['much', '16 mb', '1kB'])('refuses a log of %s', async (size) => {
    const root = await makeSearch('few');
    for (const verb of ['worker', 'launch']) {
      const { code, err } = await galapagos([verb, root, '--log-size', size]);
      expect({ code, err }).toMatchObject({
        code: 2,
        err: expect.stringContaining(`--log-size ${size}`) as string,
      });
    }
  });

  it('gives back on SIGTERM; in a pod that is taken away it wants another to take its place', async () => {
    for (const [env, code] of [
      [{}, 0],
      [{ JOB_COMPLETION_INDEX: '3' }, 75],
    ] as const) {
      const root = await makeSearch('endless');
      const { child, finished } = (worker = start(['worker', root, '--backend', 'wasm'], { env }));
      await untilTraining(root, 1);
      child.kill('SIGTERM');
      expect((await finished).code).toBe(code);
      expect(areGivenBack(root)).toEqual([true]);
    }
  });

  it('leaves at once on the second signal', async () => {
    const root = await makeSearch('endless');
    const { child, finished } = workOn(root);
    await untilTraining(root, 1);
    // It cannot give back what its trainer holds.
    for (const pid of trainers()) process.kill(pid, 'SIGSTOP');
    child.kill('SIGTERM');
    await sleep(900);
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect((await finished).code).toBe(143);
    expect(trainers()).toEqual([]);
    await expectSound(root);
  });

  it('notes each beat in a file, for whoever watches over a container', async () => {
    const root = await makeSearch('endless');
    const file = `${temporaryDirectory()}/beats`;
    const age = () => statSync(file).mtimeMs;
    const { child, finished } = (worker = start(['worker', root, '--backend', 'wasm'], {
      env: { GALAPAGOS_HEALTH_FILE: file },
    }));
    await eventually(() => existsSync(file), 25_000);
    const first = age();
    await eventually(() => age() > first, 25_000);
    child.kill('SIGTERM');
    expect((await finished).code).toBe(0);
  });

  it('works on where that file cannot be written, and says so once', async () => {
    const root = await makeSearch('endless');
    const { child, finished } = (worker = start(['worker', root, '--backend', 'wasm'], {
      env: { GALAPAGOS_HEALTH_FILE: '/nowhere/beats' },
    }));
    await untilTraining(root, 1);
    child.kill('SIGTERM');
    const { code, stderr } = await finished;
    expect(code).toBe(0);
    expect(stderr.match(/GALAPAGOS_HEALTH_FILE: .*ENOENT/g)).toHaveLength(1);
  });

  it('hears a signal while its trainer starts', async () => {
    const root = await makeSearch('endless');
    const { child, finished } = workOn(root);
    await eventually(() => trainers().length > 0, 25_000);
    child.kill('SIGUSR1');
    expect((await finished).code).toBe(75);
  });

  it('takes its trainer with it when it is killed', async () => {
    const root = await makeSearch('endless');
    const { child, finished } = workOn(root);
    await untilTraining(root, 1);
    const pids = trainers();
    expect(pids).toHaveLength(1);
    child.kill('SIGKILL');
    await finished;
    await eventually(() => !pids.some(isRunning), 5_000);
    expect((await statusOf(root)).workers).toMatchObject([{ state: 'gone' }]);
  });

  it('does not begin for a launcher that is gone already', async () => {
    const root = await makeSearch('endless');
    worker = start(['worker', root, '--backend', 'wasm'], { env: { GALAPAGOS_SLOT: '0' } });
    expect((await worker.finished).code).toBe(0);
    expect((await statusOf(root)).workers).toEqual([]);
  });

  it('refuses to be one of more than half, but counts nobody who does not beat', async () => {
    const root = await makeSearch('endless');
    const clock = new ManualClock();
    const population = await Population.open(root, {
      filesystem: nodeFilesystem,
      clock,
      random: new SeededRandom('x'),
    });
    const joining = { host: unknowingHost, version: '0', backend: 'none' };
    const members = [];
    for (let n = 0; n < 4; n++) members.push(await Membership.join(population, joining));
    const refusing = refuseCrowd(population, 1);
    await eventually(() => clock.sleepers === 1);
    for (const member of members) await member.beat();
    clock.advance(5);
    await expect(refusing).rejects.toThrow('4 already work here (w1, w2, w3, w4); with 1 more');
    const silent = refuseCrowd(population, 1);
    await eventually(() => clock.sleepers === 1);
    await members[0]?.beat();
    clock.advance(5);
    expect(await silent).toBeUndefined();
  });
});
