import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { type WorkerProcess, startWorker } from '../support/worker-process.js';
import { makeExperiment } from './experiment.js';

const GROUP = 60_000;
const [ONE, OTHER] = [60_001, 60_002];
/** Another user can only be had by root, and reads this repository only where all may. */
const isRoot = process.getuid?.() === 0 && existsSync('/usr/bin/setpriv') && isOpenToAll(process.cwd());

function isOpenToAll(path: string): boolean {
  try {
    const as = ['--reuid=60001', '--regid=60000', '--clear-groups'];
    execFileSync('setpriv', [...as, 'ls', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A search in a directory of a group, as the documentation says. */
async function sharedExperiment(): Promise<string> {
  const folder = temporaryDirectory();
  chmodSync(folder, 0o755);
  const root = `${folder}/experiment`;
  await makeExperiment(root, { populationSize: 6, bounds: { leaseSeconds: 2, hallOfFame: 1 } });
  execFileSync('chgrp', ['-R', String(GROUP), root]);
  execFileSync('chmod', ['-R', 'g+rwX', root]);
  execFileSync('find', [root, '-type', 'd', '-exec', 'chmod', 'g+s', '{}', '+']);
  return root;
}

const trainer = { steps: 4, stepMs: 10, checkpointEvery: 2 };

function idsOf(worker: WorkerProcess, event: 'killed' | 'adopted'): string[] {
  return worker.eventsOf(event).map(({ id }) => id);
}

describe.skipIf(!isRoot)('two users of one group (as root only)', () => {
  test('adopt, kill and collect each other’s individuals, with umask 002', async () => {
    const root = await sharedExperiment();
    const start = (uid: number) =>
      startWorker(root, { trainer, as: { uid, gid: GROUP, umask: '002' }, timeoutMs: 100_000 });
    const one = start(ONE);
    await eventually(() => one.eventsOf('published').length > 6);
    const other = start(OTHER);
    await eventually(() => idsOf(other, 'killed').some((id) => id.startsWith('w1-')));
    await eventually(() => idsOf(one, 'killed').some((id) => id.startsWith('w2-')));
    one.child.kill('SIGKILL');
    await one.finished;
    await eventually(() => {
      const file = `${root}/history/w2.jsonl`;
      return existsSync(file) && readFileSync(file, 'utf8').includes('"id":"w1-');
    }, 60_000);
    // Between two trainings it holds nothing: then another try.
    for (let tries = 0; tries < 10 && idsOf(other, 'adopted').length === 0; tries++) {
      const left = start(ONE);
      await eventually(() => left.eventsOf('born').length > tries);
      left.child.kill('SIGKILL');
      await left.finished;
      await eventually(() => other.eventsOf('born').length > 0);
    }
    await eventually(() => idsOf(other, 'adopted').length > 0, 60_000);
    other.child.kill('SIGTERM');
    expect(await other.finished).toMatchObject({ code: 0 });
  }, 300_000);

  test('are told what to do, where one works with umask 077', async () => {
    const root = await sharedExperiment();
    const one = startWorker(root, { trainer, as: { uid: ONE, gid: GROUP, umask: '077' } });
    await eventually(() => one.eventsOf('published').length > 6);
    const other = startWorker(root, { trainer, as: { uid: OTHER, gid: GROUP, umask: '002' } });
    const { code, stderr } = await other.finished;
    one.child.kill('SIGTERM');
    await one.finished;
    expect(code).toBe(5);
    expect(stderr).toContain(
      'permission denied: give this user the right to read and write there; where several share it, each works with umask 002, in a directory of their group (chmod g+rws)',
    );
  }, 200_000);
});
