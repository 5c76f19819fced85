import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Experiment, findIndividual } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { readTrace, undisturbedFitness } from '../support/bit-string-trainer.js';
import { eventually, isRunning } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { type WorkerProcess, allLeft, startWorker, startWorkers } from '../support/worker-process.js';
import { type TestExperiment, makeExperiment, openExperiment } from './experiment.js';
import { fourWorkers } from './four-workers.js';
import { SizeWatch, audit } from './trace-audit.js';

/** Where a test's experiment and its trace lie. */
async function newPlace(experiment: TestExperiment) {
  const directory = temporaryDirectory();
  const root = join(directory, 'experiment');
  await makeExperiment(root, experiment);
  return { root, trace: join(directory, 'trace.jsonl') };
}

/** Changes the set point of an experiment at rest, as no user can. */
function changeSetPoint(root: string, populationSize: number, individuals: number): void {
  const file = join(root, 'experiment.json');
  const experiment = JSON.parse(readFileSync(file, 'utf8')) as Experiment;
  const search = { ...experiment.search, populationSize };
  writeFileSync(
    file,
    JSON.stringify({ ...experiment, search, bounds: { ...experiment.bounds, individuals } }),
  );
}

describe('several workers', () => {
  test('reach the set point from below and from above, stay at it, and the fitness rises', async () => {
    const { root, trace } = await newPlace({ populationSize: 16, bounds: { individuals: 120 } });
    const trainer = { trace };
    const below = new SizeWatch(root, 16);
    await allLeft(startWorkers(3, root, { trainer }));
    below.stop();
    expect(below.samples).toBeGreaterThan(50);
    expect(below.highest).toBeLessThanOrEqual(16 + 3 - 1);
    expect(below.lowest).toBeGreaterThanOrEqual(16 - 3);
    const grown = audit(root, trace);
    expect(grown.violations).toEqual([]);
    // Two that admit at the same moment overshoot, and nobody was left to take it back.
    expect(grown.size).toBeGreaterThanOrEqual(16);
    expect(grown.size).toBeLessThanOrEqual(16 + 3 - 1);

    // The same population is suddenly far too large.
    changeSetPoint(root, 6, 360);
    const above = new SizeWatch(root, 6);
    await allLeft(startWorkers(3, root, { trainer }));
    above.stop();
    expect(above.highest).toBe(grown.size);
    const { violations, size, trained } = audit(root, trace);
    expect(violations).toEqual([]);
    expect(size).toBeGreaterThanOrEqual(6);
    expect(size).toBeLessThanOrEqual(6 + 3 - 1);
    expect(trained).toBeGreaterThanOrEqual(360);
    expect(trained).toBeLessThan(360 + 3);
    // One that works on takes it back.
    changeSetPoint(root, 6, 375);
    await allLeft([startWorker(root, { trainer })]);
    expect(audit(root, trace)).toMatchObject({ violations: [], size: 6 });

    // Founders have no ones at all, chance alone tends to half.
    const { alive } = await (await openExperiment(root)).living();
    const mean = alive.reduce((sum, { fitness }) => sum + fitness, 0) / alive.length;
    expect(mean).toBeGreaterThan(0.55);
  });
});

describe('a worker that is killed', () => {
  const training = { steps: 60, stepMs: 10, checkpointEvery: 10 };

  test('is replaced: its child is continued from the last checkpoint, and ends as though nothing had happened', async () => {
    const { root, trace } = await newPlace({ populationSize: 2, bounds: { individuals: 2 } });
    const trainer = { ...training, trace };
    const first = startWorker(root, { trainer });
    await eventually(() => checkpointsIn(root, 'w1-1').length > 0);
    first.child.kill('SIGKILL');
    expect(await first.finished).toMatchObject({ signal: 'SIGKILL' });
    const furthest = Math.max(...checkpointsIn(root, 'w1-1'));

    const second = startWorker(root, { trainer });
    await allLeft([second]);
    expect(second.eventsOf('adopted')).toEqual([
      { event: 'adopted', id: 'w1-1', tenure: 2, from: 'w1', continuation: 'resume', step: furthest },
    ]);
    expect(furthest).toBeGreaterThanOrEqual(10);
    const lines = readTrace(trace).filter(({ id }) => id === 'w1-1');
    expect(lines.map(({ event, step, attempt, tenure }) => [event, step, attempt, tenure])).toEqual([
      ['start', 0, 1, 1],
      ['start', furthest, 1, 2],
      ['end', 60, 1, 2],
    ]);
    const { evaluation } = await individual(root, 'w1-1');
    expect(evaluation).toMatchObject({ attempt: 1, tenure: 2, steps: 60 });
    expect(evaluation?.fitness).toBe(undisturbedFitness(undefined, '4:test|4:w1-1|1:1', training));
    expect(audit(root, trace)).toMatchObject({ violations: [], size: 2 });
  });

  test('before its first checkpoint costs an attempt: the child begins again with another seed', async () => {
    const { root, trace } = await newPlace({ populationSize: 2, bounds: { individuals: 1 } });
    const trainer = { ...training, checkpointEvery: 1000, trace };
    const first = startWorker(root, { trainer });
    await eventually(() => existsSync(trace));
    first.child.kill('SIGKILL');
    await first.finished;
    await allLeft([startWorker(root, { trainer })]);
    const { evaluation } = await individual(root, 'w1-1');
    expect(evaluation).toMatchObject({ attempt: 2, tenure: 2 });
    expect(evaluation?.fitness).toBe(undisturbedFitness(undefined, '4:test|4:w1-1|1:2', training));
  });

  test('by a signal that it can hear hands its child back after a checkpoint, at once on the second', async () => {
    const { root, trace } = await newPlace({ populationSize: 2, bounds: { individuals: 2 } });
    const trainer = { ...training, steps: 300, checkpointEvery: 1000, trace };
    const polite = startWorker(root, { trainer });
    await eventually(() => existsSync(trace));
    await eventually(() => polite.eventsOf('born').length > 0);
    polite.child.kill('SIGTERM');
    await allLeft([polite]);
    expect(polite.reason()).toBe('asked');
    expect(
      polite
        .events()
        .slice(-3)
        .map(({ event }) => event),
    ).toEqual(['handed-back', 'leaving', 'left']);
    expect(readFileSync(join(root, 'workers/w1/beat'), 'utf8')).toBe('left\n');
    const [step = 0] = checkpointsIn(root, 'w1-1');
    expect(step).toBeGreaterThan(0);

    // A trainer that does not listen to a polite word, as one in the middle of a long step.
    const deaf = startWorker(root, { trainer: { ...trainer, stepMs: 50, deaf: true } });
    await eventually(() => deaf.eventsOf('adopted').length > 0);
    deaf.child.kill('SIGTERM');
    await eventually(() => deaf.output().stderr.includes('SIGTERM'));
    expect(isRunning(deaf.pid)).toBe(true);
    deaf.child.kill('SIGTERM');
    await allLeft([deaf]);
    expect(deaf.eventsOf('adopted')).toMatchObject([{ id: 'w1-1', step }]);
    expect(deaf.eventsOf('published')).toEqual([]);
    const third = startWorker(root, { trainer: { ...trainer, stepMs: 0 } });
    await allLeft([third]);
    // It left a word, so nobody waited; the step is the one of the polite worker's checkpoint.
    expect(third.eventsOf('adopted')).toMatchObject([{ id: 'w1-1', tenure: 3, step }]);
    const { evaluation } = await individual(root, 'w1-1');
    expect(evaluation?.fitness).toBe(undisturbedFitness(undefined, '4:test|4:w1-1|1:1', trainer));
  });

  test('falsely, for it was only stopped, finds its child adopted, and the child is counted once', async () => {
    // On hosts that cannot see each other's processes only the lease tells.
    const { root, trace } = await newPlace({
      populationSize: 4,
      bounds: { individuals: 12, leaseSeconds: 1 },
    });
    const trainer = { steps: 50, stepMs: 10, checkpointEvery: 10, trace };
    const [late, other] = startWorkers(2, root, { trainer, host: 'unknowing' });
    if (late === undefined || other === undefined) throw new Error('two workers were to be started');
    const held = await eventually(() => heldBy(root, late));
    late.child.kill('SIGSTOP');
    await eventually(() => other.eventsOf('adopted').some(({ id }) => id === held), 15_000);
    late.child.kill('SIGCONT');
    await allLeft([late, other]);
    expect(late.eventsOf('taken-away').map(({ id }) => id)).toContain(held);
    expect(late.eventsOf('published').map(({ id }) => id)).not.toContain(held);
    expect(other.eventsOf('published').filter(({ id }) => id === held)).toHaveLength(1);
    expect(audit(root, trace)).toMatchObject({ violations: [], size: 4 });
  });
});

test('four workers, two of them killed again and again: everybody is counted once, and the size is kept', async () => {
  const { root, trace } = await newPlace({ populationSize: 16, bounds: { leaseSeconds: 1 } });
  const report = await fourWorkers({
    root,
    trace,
    setPoint: 16,
    leaseSeconds: 1,
    seconds: 4,
    kills: 2,
    trainer: { steps: 15, stepMs: 6, checkpointEvery: 3 },
  });
  expect(report.violations).toEqual([]);
  expect(report).toMatchObject({ workers: 8, killed: 4, size: 16 });
  expect(report.samples).toBeGreaterThan(100);
});

test('everything killed at once, then started again, resumes with nothing to remember but the directory', async () => {
  const { root, trace } = await newPlace({ populationSize: 12, bounds: { individuals: 120 } });
  const trainer = { steps: 10, stepMs: 2, checkpointEvery: 4, trace };
  const workers = startWorkers(3, root, { trainer });
  await eventually(() => existsSync(trace) && readTrace(trace).length > 80, 20_000);
  for (const { child } of workers) child.kill('SIGKILL');
  for (const { finished } of workers) await finished;
  expect(audit(root, trace).violations).toEqual([]);
  const again = startWorkers(3, root, { trainer });
  await allLeft(again);
  const { violations, size, trained } = audit(root, trace);
  expect(violations).toEqual([]);
  expect(size).toBeGreaterThanOrEqual(12);
  expect(size).toBeLessThanOrEqual(12 + 3 - 1);
  expect(trained).toBeGreaterThanOrEqual(120 - 3);
  // What the dead had begun was not begun anew under another name.
  const adopted = again.flatMap(({ eventsOf }) => eventsOf('adopted').map(({ id }) => id));
  const interrupted = unfinishedIn(trace, workers);
  expect(adopted).toEqual(expect.arrayContaining(interrupted));
});

async function individual(root: string, id: string) {
  const found = await findIndividual(await openExperiment(root), id);
  if (found === undefined) throw new Error(`there is no individual ${id}`);
  return found;
}

/** The steps of an individual's checkpoints, over all tenures. */
function checkpointsIn(root: string, id: string): number[] {
  return readdirSync(join(root, 'training'), { recursive: true, encoding: 'utf8' }).flatMap((path) => {
    const [, step] = /checkpoint~[0-9]+~([0-9]+)~[0-9a-f]+\.safetensors$/.exec(path) ?? [];
    return path.startsWith(`${id}~`) && step !== undefined ? [Number(step)] : [];
  });
}

/** The individual that a worker is training. */
function heldBy(root: string, worker: WorkerProcess): string | undefined {
  const [joined] = worker.eventsOf('joined');
  const entries = readdirSync(join(root, 'training')).map((name) => name.split('~'));
  return entries.find(([, , owner]) => owner !== undefined && owner === joined?.worker)?.[0];
}

/** What those processes had begun to train, and not ended. */
function unfinishedIn(trace: string, workers: readonly WorkerProcess[]): string[] {
  const lines = readTrace(trace).filter(({ pid }) => workers.some((worker) => worker.pid === pid));
  const ended = new Set(lines.filter(({ event }) => event === 'end').map(({ id }) => id));
  return [...new Set(lines.map(({ id }) => id))].filter((id) => !ended.has(id));
}
