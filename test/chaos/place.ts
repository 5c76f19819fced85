import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { runProcess } from '../support/processes.js';

/** Runs a command on a host. */
export type On = (host: string, ...command: string[]) => Promise<void>;

/** A filesystem under test, with the hosts that share it and what can be done to them. */
export interface Place {
  /** What it is, in a few words. */
  readonly title: string;
  /** The directory that is shared, as every host sees it. */
  readonly shared: string;
  readonly hosts: readonly string[];
  /** Whether a worker can see whether another's process lives; if not, only leases tell. */
  readonly workersSee: 'node' | 'unknowing';
  /** Added to the environment of workers. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts an agent on a host that is up. */
  agent(host: string): ChildProcess;
  /** The disk is full, or the quota used up. */
  readonly room?: { take(on: On): Promise<void>; give(on: On): Promise<void> };
  readonly writing?: { forbid(on: On): Promise<void>; allow(on: On): Promise<void> };
  /** A disk without workers loses what was not on it, and comes back. */
  readonly powerCut?: () => Promise<void>;
  readonly link?: { cut(host: string): Promise<void>; heal(host: string): Promise<void> };
  /** Everything on a host ends in one instant; back again an agent can be started there. */
  readonly power?: { off(host: string): Promise<void>; back(host: string): Promise<void> };
  /** The file server dies and starts again. */
  readonly server?: () => Promise<void>;
  /** Faults that single operations of the workers meet all the time. */
  readonly injected?: { begin(): void; end(): void; read(): Readonly<Record<string, number>> };
}

/** From the working directory, which is the repository's: this file may run compiled, from elsewhere. */
const agentProgram = resolve('test/chaos/agent.mjs');

/** Starts an agent: on this host, or by a command that runs another on a host. */
export function startAgent(command: readonly string[] = []): ChildProcess {
  const [program = '', ...args] = [...command, process.execPath, agentProgram];
  return spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Runs a script of `test/cluster`. @throws Error with what it wrote, when it fails. */
export async function cluster(script: string, ...args: string[]): Promise<string> {
  const file = resolve('test/cluster', script);
  const { code, stdout, stderr } = await runProcess('bash', [file, ...args], { timeoutMs: 120_000 });
  if (code !== 0) throw new Error(`${script} ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout.trim();
}
