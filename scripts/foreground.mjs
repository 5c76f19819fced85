import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a Node script in the place of this process: same terminal, same exit code, and this process stays until it
 * has ended. Answers the exit code.
 *
 * Ctrl-C in a terminal reaches the script by itself, so it is not passed on from here. Where there is no terminal a
 * signal reached this process alone and is passed on once; of those that follow within a second (npm passes on what
 * its process group got anyway) nothing is made. A later one is a second wish of the user.
 */
export function runInForeground(args, options = {}) {
  const child = spawn(process.execPath, args, { stdio: 'inherit', ...options });
  const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  let passedOnAt = -Infinity;
  const passOn = (signal) => {
    if (signal === 'SIGINT' && onTerminal) return;
    const now = performance.now();
    if (now - passedOnAt < 1_000) return;
    passedOnAt = now;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, passOn);

  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, passOn);
      resolve(signal === null ? code : 128 + constants.signals[signal]);
    });
  });
}
