import { promises as fs } from 'node:fs';
import { hostname } from 'node:os';
import { errorCode } from './filesystem-errors.js';
import type { Host, ProcessIdentity } from './host.js';

/** This machine. Off Linux, where there is no /proc, only leases tell that a process is gone. */
export const nodeHost: Host = { identity: identityOfThisProcess, isGone };

let identity: Promise<ProcessIdentity> | undefined;

async function identityOfThisProcess(): Promise<ProcessIdentity> {
  identity ??= (async () => ({
    host: hostname(),
    bootId: (await orEmpty(fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8'))).trim(),
    pidNamespace: await orEmpty(fs.readlink('/proc/self/ns/pid')),
    pid: process.pid,
    processStart: (await statOf(process.pid))?.start ?? '',
    ...slurmTask(process.env),
  }))();
  return await identity;
}

async function isGone(other: ProcessIdentity): Promise<boolean> {
  const own = await identityOfThisProcess();
  if (isEarlierLife(other, own)) return true;
  const sameHost =
    own.processStart !== '' &&
    other.host === own.host &&
    other.bootId === own.bootId &&
    other.pidNamespace === own.pidNamespace;
  if (!sameHost) return false;
  const stat = await statOf(other.pid);
  // An unreadable /proc is not a death, nor one that hides the processes of others: the kernel must know of none.
  if (stat === undefined) return (await statOf(process.pid)) !== undefined && !exists(other.pid);
  return stat.start !== other.processStart || stat.state === 'Z' || stat.state === 'X';
}

/** The task of Slurm of an environment. */
export function slurmTask(
  environment: NodeJS.ProcessEnv,
): Required<Pick<ProcessIdentity, 'slurmJob' | 'slurmRestart'>> {
  const job = environment['SLURM_ARRAY_JOB_ID'] ?? environment['SLURM_JOB_ID'];
  if (job === undefined) return { slurmJob: null, slurmRestart: null };
  const task = environment['SLURM_ARRAY_TASK_ID'];
  const restart = Number(environment['SLURM_RESTART_COUNT'] ?? 0);
  return {
    slurmJob: task === undefined ? job : `${job}_${task}`,
    slurmRestart: Number.isInteger(restart) ? restart : 0,
  };
}

/** Whether that is the same task of Slurm as this, before it was queued again. */
export function isEarlierLife(other: ProcessIdentity, own: ProcessIdentity): boolean {
  if (typeof own.slurmJob !== 'string' || own.slurmJob !== other.slurmJob) return false;
  return (other.slurmRestart ?? 0) < (own.slurmRestart ?? 0);
}

/** Whether the kernel knows a process of that number; one of another user is one too. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

/** State and start time out of /proc/<pid>/stat; undefined when there is no such process. */
async function statOf(pid: number): Promise<{ state: string; start: string } | undefined> {
  const text = await orEmpty(fs.readFile(`/proc/${pid}/stat`, 'utf8'));
  // The command's name, in parentheses, may hold anything; the state is field 3, the start time field 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', start = ''] = [fields[0], fields[19]];
  return start === '' ? undefined : { state, start };
}

async function orEmpty(text: Promise<string>): Promise<string> {
  try {
    return await text;
  } catch (error) {
    if (errorCode(error) !== '') return '';
    throw error;
  }
}
