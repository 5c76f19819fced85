// One measurement each.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sum } from '../figures.mjs';
import { start } from './tools.mjs';

/** Seconds for everybody to have finished a trial. */
const PATIENCE = 300;

/**
 * Trials per second of so many workers, counted from when each has finished its first.
 * @returns {{ rate, each: number[], joined: number, cpuMs: number, lost: number }} joined: seconds until the last of them
 *   had finished a trial; cpuMs of all, for a trial.
 */
export async function throughput(tool, root, workers, seconds) {
  const team = start(tool, root, workers);
  try {
    const firsts = await Promise.all(team.map((worker) => lineOf(worker, (line) => line === 'first', tool)));
    const results = team.map((worker) => lineOf(worker, (line) => line.startsWith('{'), tool));
    for (const { child } of team) child.stdin.write(`go ${seconds}\n`);
    const found = (await Promise.all(results)).map(({ line }) => JSON.parse(line));
    const trials = sum(found.map((one) => one.trials));
    return {
      rate: trials / seconds,
      each: found.map((one) => one.trials),
      joined: Math.max(...firsts.map(({ at }, index) => (at - team[index].startedAt) / 1000)),
      cpuMs: (1000 * sum(found.map(({ cpu }) => cpu))) / Math.max(1, trials),
      lost: sum(found.map(({ lost = 0 }) => lost)),
    };
  } finally {
    await end(team);
  }
}

/**
 * Four workers, of which two are killed a second or so after all work, and started again; so many times.
 * @returns {{ kills, trials, silence, silences, stranded }} silence: the longest time in which nobody finished a trial while
 *   two at least worked, in seconds; silences: how many lasted longer than five seconds.
 */
export async function kills(tool, root, rounds, random) {
  let team = [];
  let last = performance.now();
  let trials = 0;
  const silences = [];
  const hear = (_line, at) => {
    silences.push((at - last) / 1000);
    last = at;
    trials++;
  };
  const employ = async (count) => {
    const workers = start(tool, root, count, '--tell');
    team.push(...workers);
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve) => {
            worker.onLine = (line, at) => {
              hear(line, at);
              resolve();
            };
          }),
      ),
    );
  };
  try {
    await employ(4);
    silences.length = 0;
    for (let round = 0; round < rounds; round++) {
      await new Promise((resolve) => setTimeout(resolve, 1000 + 500 * random()));
      for (let victim = 0; victim < 2; victim++) {
        const [worker] = team.splice(Math.floor(random() * team.length), 1);
        worker.onLine = () => undefined;
        worker.child.kill('SIGKILL');
        await worker.ended;
      }
      await employ(2);
    }
  } finally {
    await end(team);
  }
  return {
    kills: 2 * rounds,
    trials,
    silence: Math.max(...silences),
    silences: silences.filter((seconds) => seconds > 5).length,
    stranded: await tool.stranded(root),
  };
}

/**
 * Many workers, several in a process, each with a host of its own, whose trainings last a second on average.
 * @returns {{ rate, lost, coordination, cpuMs, firstBirth }} lost: share of tournaments; coordination: share of a worker's
 *   time in which it does not train; cpuMs of all, for a birth; firstBirth: seconds from the start of a process that joins
 *   them until its first child is born, of each that was tried.
 */
export async function crowd(root, { populationSize, workers, processes, seconds, milliseconds }) {
  const tool = (count, first) => ({
    name: 'Galapagos',
    command: () => [
      process.execPath,
      [join(import.meta.dirname, 'crowd.mjs'), root, count, first, milliseconds],
    ],
  });
  const counts = Array.from({ length: processes }, (_, index) => Math.ceil((workers - index) / processes));
  const team = counts.flatMap((count, index) => start(tool(count, 1000 * index), root, 1));
  try {
    await Promise.all(team.map((worker) => lineOf(worker, (line) => line === 'first', tool())));
    // Until the population has grown, and everybody is somewhere else in its training.
    const isGrown = () => readdirSync(join(root, 'alive')).length + 2 * workers >= populationSize;
    do await new Promise((resolve) => setTimeout(resolve, 15_000));
    while (!isGrown());
    const results = team.map((worker) => lineOf(worker, (line) => line.startsWith('{'), tool()));
    for (const { child } of team) child.stdin.write(`go ${seconds}\n`);
    const firstBirth = [];
    for (let joining = 0; joining < 5; joining++) {
      const [worker] = start(tool(1, 100_000 + joining), root, 1);
      const { at } = await lineOf(worker, (line) => line === 'born', tool());
      firstBirth.push((at - worker.startedAt) / 1000);
      await end([worker]);
    }
    const found = (await Promise.all(results)).map(({ line }) => JSON.parse(line));
    const of = (key) => sum(found.map((one) => one[key]));
    return {
      rate: of('trials') / seconds,
      lost: of('lost') / (of('lost') + of('trials')),
      coordination: 1 - of('training') / (seconds * workers),
      cpuMs: (1000 * of('cpu')) / of('trials'),
      firstBirth,
    };
  } finally {
    await end(team);
  }
}

/** All leave, each after the trial that it is at. */
async function end(team) {
  for (const worker of team) {
    worker.onLine = () => undefined;
    worker.child.stdin.write('go 0\n');
  }
  const late = setTimeout(() => team.forEach(({ child }) => child.kill('SIGKILL')), 120_000);
  await Promise.all(team.map(({ ended }) => ended));
  clearTimeout(late);
}

async function lineOf(worker, isIt, tool) {
  return await new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${tool.name}: nothing within ${PATIENCE} s`)),
      1000 * PATIENCE,
    );
    worker.onLine = (line, at) => {
      if (!isIt(line)) return;
      clearTimeout(late);
      resolve({ line, at });
    };
    void worker.ended.then((code) => {
      clearTimeout(late);
      reject(new Error(`a worker of ${tool.name} ended with ${code}, by itself`));
    });
  });
}
