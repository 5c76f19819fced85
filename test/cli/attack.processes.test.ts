import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '@galapagos/dna';
import { describe, expect, test } from 'vitest';
import { Canary, drop } from '../support/attack.js';
import { eventually, startProcess } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { startWorkers } from '../support/worker-process.js';
import { makeExperiment } from '../worker/experiment.js';
import { program } from './harness.js';

const seconds = Number(process.env['GALAPAGOS_ATTACK_SECONDS'] ?? 5);
const seed = process.env['GALAPAGOS_ATTACK_SEED'] ?? 'attack';

/** Verbs that look, and their words after the directory. */
const views: readonly (readonly string[])[] = [
  ['status'],
  ['status', '--json'],
  ['ls'],
  ['ls', '--json'],
  ['best'],
  ['show', 'best'],
  ['lineage', 'best'],
  ['draw', 'best'],
  ['draw', 'best', '--svg', '-'],
  ['diff', 'best', 'w1-1'],
  ['logs'],
  ['gc', '--dry-run'],
  ['gc'],
  ['fsck'],
  ['fsck', '--json'],
  ['fsck', '--repair'],
  ['gc'],
  ['status'],
];

describe('while hostile things are dropped into every directory', () => {
  test(`workers go on, views end, and nothing outside is touched (seed ${seed})`, async () => {
    const folder = temporaryDirectory();
    const root = `${folder}/experiment`;
    const canary = new Canary(`${folder}/canary`);
    await makeExperiment(root, { populationSize: 8, bounds: { leaseSeconds: 2, hallOfFame: 4 } });
    const trainer = { steps: 4, stepMs: 5, checkpointEvery: 2 };
    const workers = startWorkers(3, root, { trainer, timeoutMs: (seconds + 400) * 1000 });
    const published = () => workers.reduce((sum, worker) => sum + worker.eventsOf('published').length, 0);
    await eventually(() => published() > 10);
    const random = new SeededRandom(seed);
    const dropped: string[] = [];
    for (const until = performance.now() + seconds * 1000; performance.now() < until;) {
      dropped.push(drop(root, canary, random));
      await sleep(10);
    }
    expect(dropped.filter((one) => one !== '').length).toBeGreaterThan(50);
    const ended = workers.filter(({ child }) => child.exitCode !== null || child.signalCode !== null);
    expect(ended.map((one) => one.output().stderr)).toEqual([]);
    const before = published();
    await eventually(() => published() > before + 10, 60_000);
    expect(canary.isUntouched).toBe(true);

    for (const [verb = '', ...words] of views) {
      const view = startProcess(process.execPath, [program, verb, root, ...words], {
        timeoutMs: 100_000,
      });
      const { code, stdout, stderr } = await view.finished;
      const said = `${verb} ${words.join(' ')}: ${code}\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`;
      expect([0, 1, 2, 3, 5], said).toContain(code);
      expect(said).not.toMatch(/\n {4}at .*:\d+:\d+/);
      // eslint-disable-next-line no-control-regex -- Controls are what it is about.
      expect(said).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]/);
      expect(canary.isUntouched, said).toBe(true);
    }
    const again = published();
    await eventually(() => published() > again + 10, 60_000);
    for (const { child } of workers) child.kill('SIGTERM');
    for (const { finished } of workers) {
      const { code, stderr } = await finished;
      expect({ code, stderr: stderr.replaceAll('SIGTERM\n', '') }).toEqual({ code: 0, stderr: '' });
    }
    expect(existsSync(`${root}/lost+found`) ? readdirSync(`${root}/lost+found`).length : 0).toBeGreaterThan(
      0,
    );
    expect(canary.isUntouched).toBe(true);
  }, 600_000);
});
