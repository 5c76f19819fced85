// The tools that are compared: how each is prepared, started, and looked at.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compiled } from '../../worker/fixtures/compile.mjs';

const here = import.meta.dirname;
const PEERS = ['optuna==5.0.0', 'neural-pipeline-search==0.17.0'];
const POPULATION = 100;

/** Python with both peers, in a virtual environment that is made where it is not there. */
export function python(cache) {
  const environment = join(cache, 'peers');
  const program = join(environment, 'bin/python');
  if (!existsSync(join(environment, 'complete'))) {
    console.error(`installing ${PEERS.join(' and ')} into ${environment}`);
    rmSync(environment, { recursive: true, force: true });
    run('python3', ['-m', 'venv', environment]);
    run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PEERS]);
    mkdirSync(join(environment, 'complete'));
  }
  return program;
}

/**
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} slug
 * @property {string} [made] Whose searches it goes on with; its own where there is none.
 * @property {(finished: number, workers: number) => boolean} isWithinReach
 * @property {(root: string, finished: number) => Promise<void>} make A search of so many finished trials.
 * @property {(root: string) => [string, string[]]} command Of a worker.
 * @property {(root: string) => number} bytes What it takes of the disk.
 * @property {(root: string) => number | Promise<number>} stranded Trials that were begun, and nobody finishes.
 */

/** @returns {Tool} */
export function galapagos({ sync }) {
  return {
    name: sync ? 'Galapagos' : 'Galapagos, without fsync',
    slug: sync ? 'ours' : 'ours-no-fsync',
    made: 'ours',
    isWithinReach: () => true,
    make: async (root, finished) => {
      const { makeExperiment } = await import(await compiled('worker/experiment.ts'));
      await makeExperiment(root, { populationSize: POPULATION });
      if (finished > 0) await grow(galapagos({ sync: false }), root, finished, 2);
    },
    command: (root) => [process.execPath, [join(here, 'ours.mjs'), root, sync ? 'fsync' : 'no-fsync']],
    bytes: diskUse,
    // What a killed worker held is adopted; what nobody has adopted once the others are at rest is lost to the search.
    stranded: (root) => readdirSync(join(root, 'training')).length,
  };
}

/** @returns {Tool} */
export function optuna(program) {
  const script = join(here, 'optuna_study.py');
  return {
    name: 'Optuna',
    slug: 'optuna',
    // Each worker first reads all that was written: a minute of a processor, and a gigabyte.
    isWithinReach: (finished, workers) => finished <= 10_000 || (finished <= 100_000 && workers <= 2),
    make: (root, finished) => {
      mkdirSync(root);
      run(program, [script, 'make', join(root, 'journal'), String(finished)]);
      return Promise.resolve();
    },
    command: (root) => [program, [script, 'worker', join(root, 'journal')]],
    bytes: diskUse,
    stranded: (root) => Number(run(program, [script, 'stranded', join(root, 'journal')])),
  };
}

/** @returns {Tool} Its studies are made by running it, as long as that takes. */
export function neps(program) {
  const script = join(here, 'neps_study.py');
  return {
    name: 'NePS',
    slug: 'neps',
    // The root directory it makes itself: one that is there and empty is an error.
    isWithinReach: (finished) => finished <= 2000,
    make: (root, finished) => {
      if (finished > 0) run(program, [script, 'worker', root, '--until', String(finished)]);
      return Promise.resolve();
    },
    command: (root) => [program, [script, 'worker', root]],
    bytes: diskUse,
    stranded: (root) => Number(run(program, [script, 'stranded', root])),
  };
}

/** A search of so many finished trials, made once and kept in `cache`, copied to `root`. */
export async function prepared(tool, finished, cache, root) {
  if (finished === 0) return await tool.make(root, 0);
  const kept = join(cache, 'made', `${tool.made ?? tool.slug}-${finished}`);
  if (!existsSync(kept)) {
    console.error(`making a search of ${finished} trials of ${tool.name}`);
    rmSync(`${kept}.new`, { recursive: true, force: true });
    mkdirSync(join(cache, 'made'), { recursive: true });
    await tool.make(`${kept}.new`, finished);
    renameSync(`${kept}.new`, kept);
  }
  cpSync(kept, root, { recursive: true });
}

/** Keeps a search of so many finished trials, where there is none yet. */
export function keep(tool, finished, cache, root) {
  const kept = join(cache, 'made', `${tool.made ?? tool.slug}-${finished}`);
  if (!existsSync(kept)) cpSync(root, kept, { recursive: true });
}

/** Starts workers. Each: its process, and when it said what. */
export function start(tool, root, count, ...more) {
  const [command, args] = tool.command(root);
  return Array.from({ length: count }, () => {
    const child = spawn(command, [...args, ...more], { stdio: ['pipe', 'pipe', 'inherit'] });
    const worker = { child, startedAt: performance.now(), onLine: () => undefined, ended: undefined };
    worker.ended = new Promise((resolve) => child.on('close', resolve));
    // Whoever was killed no longer listens.
    child.stdin.on('error', () => undefined);
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop();
      for (const line of lines) worker.onLine(line, performance.now());
    });
    return worker;
  });
}

/** Runs workers until so many more trials are finished. @returns [finished, seconds] after every hundred. */
export async function grow(tool, root, finished, processes) {
  const workers = start(tool, root, processes);
  const startedAt = performance.now();
  const curve = [];
  let done = 0;
  await new Promise((resolve, reject) => {
    for (const worker of workers) {
      worker.onLine = (line, at) => {
        if (line !== '100') return;
        done += 100;
        curve.push([done, (at - startedAt) / 1000]);
        if (done >= finished) resolve();
      };
      void worker.ended.then((code) => reject(new Error(`a worker of ${tool.name} ended with ${code}`)));
    }
  });
  for (const { child } of workers) child.stdin.write('go 0\n');
  await Promise.all(workers.map(({ ended }) => ended));
  return curve;
}

function diskUse(root) {
  return Number(run('du', ['-s', '--block-size=1', root]).split('\t')[0]);
}

export function run(command, args) {
  const { status, stdout, error } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  return stdout;
}

/** Bytes of a file or all files below a directory, as they are long; 0 where it is not there. */
export function lengthOf(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + lengthOf(join(path, name)), 0);
}
