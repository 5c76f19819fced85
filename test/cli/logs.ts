import { appendFileSync, mkdirSync } from 'node:fs';

export const FIRST_LAUNCH = '2017-03-03T090000-here-1';

/** Adds lines to what a slot has printed; an event where none are given. */
export function writeLog(
  root: string,
  lines: readonly (object | string)[] = [{ level: 'info', time: '2017-03-03T09:00:00.000Z', msg: 'left' }],
  { launch = FIRST_LAUNCH, slot = 0 } = {},
): string {
  mkdirSync(`${root}/logs/${launch}`, { recursive: true });
  const file = `${root}/logs/${launch}/slot-${slot}.log`;
  append(file, lines);
  return file;
}

/** Adds lines to a worker's own log. */
export function writeWorkerLog(
  root: string,
  worker: string,
  lines: readonly (object | string)[],
  file = worker,
): string {
  mkdirSync(`${root}/logs/workers`, { recursive: true });
  const path = `${root}/logs/workers/${file}.log`;
  append(path, lines);
  return path;
}

function append(file: string, lines: readonly (object | string)[]): void {
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  appendFileSync(file, text.join(''));
}

/** An event as a worker logs it, so many seconds after the start. */
export function logged(worker: string, seconds: number, msg: string, fields: object = {}, level = 'info') {
  const time = new Date(Date.UTC(2017, 2, 3, 9) + seconds * 1000).toISOString();
  return { level, time, worker, ...fields, msg };
}

/** What a quiet worker prints when it joins. */
export function joinedIn(worker: string, seconds: number): object {
  return logged(worker, seconds, 'joined', { log: `logs/workers/${worker}.log` });
}
