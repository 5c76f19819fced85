import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The environment variable by which the guard in setup.ts knows the processes of one test run. */
export const runMark = 'GALAPAGOS_TEST_RUN';

export interface ProcessOptions {
  cwd?: string;
  /** Added to the environment of this process. */
  env?: Readonly<Record<string, string>>;
  /** Text for stdin, which is closed after it. */
  input?: string;
  /** After this the process is killed and the outcome has the signal SIGKILL. @default 60000 */
  timeoutMs?: number;
}

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface StartedProcess {
  child: ChildProcess;
  pid: number;
  /** What it has written so far. */
  output(): { stdout: string; stderr: string };
  /** Resolves when it has ended and everything it wrote was read. */
  finished: Promise<Outcome>;
}

/** Starts a process and collects what it writes. */
export function startProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): StartedProcess {
  const mark = process.env[runMark];
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env, ...(mark === undefined ? {} : { [runMark]: mark }) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A process that ends without reading its input is no error of the test.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const finished = new Promise<Outcome>((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
  // A process that could not be started has no pid; `finished` says why.
  return { child, pid: child.pid ?? 0, output: () => ({ stdout, stderr }), finished };
}

/** Runs a process to its end. */
export function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<Outcome> {
  return startProcess(command, args, options).finished;
}

/** Runs a script in a Node process of its own. */
export function runNode(args: readonly string[], options: ProcessOptions = {}): Promise<Outcome> {
  return runProcess(process.execPath, args, options);
}

/**
 * Asks again and again until `check` answers something other than undefined, null or false, and gives that back.
 * Fails with the last exception of `check`, or by saying that it never held.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  timeoutMs = 60_000,
  everyMs = 20,
): Promise<NonNullable<T>> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown = new Error(`did not hold within ${timeoutMs} ms: ${check.toString()}`);
    try {
      const answer = await check();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > end) throw failure;
    await sleep(everyMs);
  }
}

/** Whether a process runs under this id. One that has ended and only waits for its parent to notice does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
  if (process.platform !== 'linux') return true;
  const stat = readOfProcess(pid, 'stat');
  // The state follows the name, which is in brackets and may contain anything.
  return stat !== undefined && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

export interface MarkedProcess {
  pid: number;
  command: string;
}

/**
 * Every process that bears this run's mark in its environment: children, their children, and those whose parents
 * are gone. This process is not among them: it has set the mark after its own start. Always empty off Linux.
 * @param others Not to be looked at: to read what a process was started with takes much longer than to list it.
 */
export function processesOfThisRun(others?: ReadonlySet<number>): MarkedProcess[] {
  const mark = process.env[runMark];
  if (mark === undefined) return [];
  const found: MarkedProcess[] = [];
  for (const pid of allPids()) {
    if (pid === process.pid || others?.has(pid) === true) continue;
    if (readOfProcess(pid, 'environ')?.split('\0').includes(`${runMark}=${mark}`) !== true) continue;
    const command = readOfProcess(pid, 'cmdline')?.split('\0').join(' ').trim();
    found.push({ pid, command: command ?? '(gone)' });
  }
  return found;
}

/** Every process of this machine; none off Linux. */
export function allPids(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** A file of /proc, or undefined where the process is gone or another user's. */
function readOfProcess(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return undefined;
    throw error;
  }
}
