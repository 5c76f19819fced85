import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type StartedProcess, eventually, processesOfThisRun } from '../support/processes.js';
import { galapagos } from './harness.js';
import {
  areGivenBack,
  expectSound,
  logsOf,
  makeSearch,
  start,
  statusOf,
  trainedSteps,
  trainers,
  untilTraining,
} from './processes.js';

let launch: StartedProcess | undefined;

afterEach(() => launch?.child.kill('SIGKILL'));

function launchOn(root: string, workers: 1 | 2, ...flags: string[]): StartedProcess {
  return (launch = start(['launch', root, '--workers', String(workers), '--backend', 'wasm', ...flags]));
}

describe('launch', () => {
  it('works until the budget is spent, and ends by itself', async () => {
    const root = await makeSearch('few', 8);
    const { code, stdout, stderr } = await launchOn(root, 2).finished;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^2 workers; logs: .*\/logs$/m);
    expect(stderr).toMatch(
      /^Ended: the budget is spent, \d of 8 individuals \(bounds\.individuals\)\. Look: npx galapagos best /m,
    );
    const { workers, totals } = await statusOf(root);
    expect(workers.map(({ state }) => state)).toEqual(['left', 'left']);
    expect(totals.births).toBeGreaterThanOrEqual(8);
    expect(totals.births).toBeLessThanOrEqual(9);
    await expectSound(root);
    // Every line of a worker's log is JSON, and says whose it is.
    const lines = logsOf(root).trimEnd().split('\n');
    const names = new Set(lines.map((line) => (JSON.parse(line) as { worker: string }).worker));
    expect([...names].sort()).toEqual(workers.map(({ name }) => name).sort());
    // What a slot prints only says where the log of its worker is.
    expect(lines.filter((line) => line.includes('"log":"logs/workers/'))).toHaveLength(2);
    const shown = (await galapagos(['logs', root, '--lines', '1000'])).out;
    for (const { name } of workers) {
      expect(shown.match(new RegExp(`  ${name} +joined as`, 'g'))).toHaveLength(1);
      expect(shown).toMatch(new RegExp(`  ${name} +left$`, 'm'));
    }
  });

  it('ends when its time is over', async () => {
    const root = await makeSearch('endless');
    const { code, stderr } = await launchOn(root, 2, '--for', '1s').finished;
    expect(code).toBe(0);
    expect(stderr).toContain('Ended.');
    await expectSound(root);
  });

  it('says that its workers wait for room', async () => {
    const root = await makeSearch('few');
    // Less than an experiment takes in which nobody lives.
    await galapagos(['set', root, 'bounds.maxInodes=10']);
    const launched = launchOn(root, 2);
    const told = /^worker \d waits for room: the experiment takes \d+ inodes of the 10 inodes/m;
    await eventually(() => told.test(launched.output().stderr), 25_000);
    launched.child.kill('SIGINT');
    const { code, stderr } = await launched.finished;
    expect({ code, times: stderr.split('waits for room').length - 1 }).toEqual({ code: 0, times: 1 });
  });

  it('gives back on Ctrl-C, also when npm sends it twice; the next launch goes on from the checkpoints', async () => {
    const root = await makeSearch('endless');
    const first = launchOn(root, 2);
    await untilTraining(root, 2);
    first.child.kill('SIGINT');
    await sleep(50);
    first.child.kill('SIGINT');
    const { code, stderr } = await first.finished;
    expect(code).toBe(0);
    expect(stderr).toContain('SIGINT: the workers give back what they hold and leave; once more');
    expect(stderr).not.toContain('again');
    expect(areGivenBack(root)).toEqual([true, true]);
    await expectSound(root);

    const before = Math.min(...trainedSteps(root));
    const second = launchOn(root, 2);
    await eventually(() => Math.min(...trainedSteps(root)) > before, 25_000);
    // By an order from another process this time.
    expect((await galapagos(['stop', root])).code).toBe(0);
    expect((await second.finished).code).toBe(0);
    expect(areGivenBack(root)).toEqual([true, true]);
    expect((await statusOf(root)).totals).toMatchObject({ births: 2, adoptions: 2 });
    expect(logsOf(root)).toContain('"continuation":"resume"');
  });

  it('leaves at once on the second Ctrl-C, with workers that do not answer', async () => {
    const root = await makeSearch('endless');
    const launched = launchOn(root, 1);
    const { child, finished } = launched;
    await untilTraining(root, 1);
    for (const { pid } of (await statusOf(root)).workers) process.kill(pid, 'SIGSTOP');
    child.kill('SIGINT');
    await eventually(() => /^waiting for w1 \(w1-1\) to checkpoint$/m.test(launched.output().stderr));
    expect(processesOfThisRun().length).toBe(3);
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toContain('SIGINT again: leaving now');
    expect(stderr).not.toContain('Ended.');
    expect(processesOfThisRun()).toEqual([]);
    expect(areGivenBack(root)).toEqual([false]);
  });

  it('heeds an order to stop also for a worker that it was about to start again', async () => {
    const root = await makeSearch('endless');
    const { finished } = launchOn(root, 1);
    await untilTraining(root, 1);
    const [worker] = (await statusOf(root)).workers;
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    await eventually(async () => (await statusOf(root)).workers.every(({ state }) => state !== 'working'));
    expect((await galapagos(['stop', root])).code).toBe(0);
    const { code, stderr } = await finished;
    expect(code).toBe(0);
    expect(stderr).toContain('Ended.');
    // It could not say so itself.
    const { out } = await galapagos(['logs', root, 'w1', '--level', 'warn']);
    expect(out).toMatch(/^20\S+ \S+ {2}slot 0 {2}its process ended: SIGKILL/);
    expect((await galapagos(['status', root])).out).toMatch(/1 gone without a word\n {2}gone: w1 on \S+$/m);
  });

  it('asks to be queued again on SIGUSR1', async () => {
    const root = await makeSearch('endless');
    const { child, finished } = launchOn(root, 1);
    await untilTraining(root, 1);
    child.kill('SIGUSR1');
    expect((await finished).code).toBe(75);
    expect(areGivenBack(root)).toEqual([true]);
  });

  it.each(['in the middle of a training', 'while a trainer starts'])(
    'leaves nobody behind when it is killed %s',
    async (when) => {
      const root = await makeSearch('endless');
      const { child, finished } = launchOn(root, 1);
      if (when === 'while a trainer starts') await eventually(() => trainers().length > 0, 25_000);
      else await untilTraining(root, 1);
      child.kill('SIGKILL');
      await finished;
      await eventually(() => processesOfThisRun().length === 0, 15_000);
      expect((await statusOf(root)).workers.every(({ state }) => state === 'left')).toBe(true);
      expect(areGivenBack(root).every(Boolean)).toBe(true);
    },
  );

  it('says why its workers ended', async () => {
    const root = await makeSearch('few');
    const file = `${root}/experiment.json`;
    writeFileSync(file, readFileSync(file, 'utf8').replace(/("dataChecksum": ")[0-9a-f]{4}/, '$10000'));
    const { code, stderr } = await launchOn(root, 1).finished;
    expect(code).toBe(3);
    expect(stderr).toContain('1 of 1 worker ended with an error: the experiment (exit code 3)');
    expect(stderr).toContain('the data is not what this search began with');
    expect(stderr).toMatch(/\(the end of .*\/slot-0\.log\)/);
  });
});
