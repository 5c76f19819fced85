import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import {
  type ProcessOptions,
  type StartedProcess,
  eventually,
  processesOfThisRun,
  startProcess,
} from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flagsOf, galapagos, program } from './harness.js';

/** Starts the program in a process of its own. */
export function start(argv: readonly string[], options: ProcessOptions = {}): StartedProcess {
  return startProcess(process.execPath, [program, ...argv], options);
}

/** A search whose individuals train for an instant, or longer than any test; with a budget, or without. */
export async function makeSearch(steps: 'few' | 'endless', individuals?: number): Promise<string> {
  const root = `${temporaryDirectory()}/run`;
  const endless = { 'training.steps': '10000000', 'training.checkpointSeconds': '0.2' };
  const settings = {
    ...(steps === 'endless' ? endless : {}),
    ...(individuals === undefined ? {} : { 'bounds.individuals': String(individuals) }),
  };
  const { code, err } = await galapagos(['init', root, ...flagsOf(settings)]);
  expect(code, err).toBe(0);
  return root;
}

/** Waits until so many individuals are being trained, each with a checkpoint to go on from. */
export async function untilTraining(root: string, count: number): Promise<void> {
  await eventually(() => trainedSteps(root).filter((step) => step > 0).length === count, 25_000);
}

/** The step of the last checkpoint of each individual in training. */
export function trainedSteps(root: string): number[] {
  return readdirSync(`${root}/training`).map((name) => {
    const tenure = name.split('~')[1] ?? '';
    const files = readdirSync(`${root}/training/${name}/${tenure}`);
    return Math.max(
      0,
      ...files.map((file) => Number(/^checkpoint~\d+~(\d+)~\w+\.safetensors$/.exec(file)?.[1] ?? 0)),
    );
  });
}

/** Whether each individual in training was given back by the worker whose name it bears. */
export function areGivenBack(root: string): boolean[] {
  return readdirSync(`${root}/training`).map((name) =>
    readdirSync(`${root}/training/${name}/${name.split('~')[1] ?? ''}`).includes('handed-back'),
  );
}

/** The trainers that tests of this file started, however far removed. */
export function trainers(): number[] {
  return processesOfThisRun()
    .filter(({ command }) => command.includes('trainer/dist/child.js'))
    .map(({ pid }) => pid);
}

interface Status {
  readonly workers: readonly { readonly name: string; readonly state: string; readonly pid: number }[];
  readonly totals: { readonly births: number; readonly adoptions: number; readonly published: number };
}

export async function statusOf(root: string): Promise<Status> {
  const { code, out, err } = await galapagos(['status', root, '--json']);
  expect(code, err).toBe(0);
  return JSON.parse(out) as Status;
}

/** No promise of the directory is broken. */
export async function expectSound(root: string): Promise<void> {
  const { code, out } = await galapagos(['fsck', root]);
  expect(code, out).toBe(0);
}

/** All logs of the workers of a launch. */
export function logsOf(root: string): string {
  return readdirSync(`${root}/logs`)
    .flatMap((launch) => readdirSync(`${root}/logs/${launch}`).map((log) => `${root}/logs/${launch}/${log}`))
    .map((log) => readFileSync(log, 'utf8'))
    .join('');
}
