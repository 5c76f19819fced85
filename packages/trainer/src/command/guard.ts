import '../ignore-signals.js';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';

// Stands between a worker and a program of somebody else's that trains. The program and all that it starts are a group of
// processes of their own; the guard passes on to it what the worker says, and kills it when the worker is gone.

let program: ChildProcess | undefined;
let isOrphaned = false;

function signal(name: NodeJS.Signals): void {
  if (program?.pid === undefined) return;
  try {
    process.kill(-program.pid, name);
  } catch (error) {
    // It has ended, with all that it started.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function run(command: string): ChildProcess {
  // `exec`, so that signals reach the program, not a shell that has no ear for them.
  const started = spawn('/bin/sh', ['-c', `exec ${command}`], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  started.once('error', (error) => console.error(String(error)));
  started.once('exit', (code, by) => {
    // What it has left behind has nobody to answer to.
    signal('SIGKILL');
    killStrays();
    if (isOrphaned) cleanUp(process.env['GALAPAGOS_OUTPUT']);
    process.send?.({ code, signal: by }, undefined, undefined, () => {
      if (process.connected) process.disconnect();
    });
  });
  return started;
}

/** Those who have left the group, by the folder that they were given; where there is a /proc. */
function killStrays(): void {
  const mark = `GALAPAGOS_OUTPUT=${process.env['GALAPAGOS_OUTPUT']}`;
  for (const pid of process.platform === 'linux' ? readdirSync('/proc').map(Number) : []) {
    if (!(pid > 0) || pid === process.pid) continue;
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark))
        process.kill(pid, 'SIGKILL');
    } catch {
      // Another user's, or it has ended meanwhile.
    }
  }
}

/** Nobody is left who would. */
function cleanUp(output: string | undefined): void {
  if (output === undefined) return;
  try {
    rmSync(output, { recursive: true, force: true });
    // The worker's own, if there is nothing else in it.
    rmdirSync(dirname(output));
  } catch (error) {
    console.error(String(error));
  }
}

process.on('message', (message) => signal(message as NodeJS.Signals));
process.on('disconnect', () => {
  isOrphaned = true;
  signal('SIGKILL');
});
const [, , command = ''] = process.argv;
// The worker may have gone before there was anybody to notice.
if (process.connected) program = run(command);
