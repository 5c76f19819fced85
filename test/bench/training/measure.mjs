// One measurement: a process, or several at once, each of which prints one line of JSON.
import { spawn } from 'node:child_process';

/** Of a setting: how many processes, and how many threads each has. */
export const SETTINGS = {
  '1 thread': { processes: 1, threads: 1 },
  '2 threads': { processes: 1, threads: 2 },
  '2 processes': { processes: 2, threads: 1 },
};

/**
 * @returns What the processes found together, steps a second: by the median step of each, by its best one, and steps a
 * second of processor time, which others on the machine disturb least.
 * @throws Error with the end of what a process said that failed.
 */
export async function measure(row, net, files, seconds, { processes, threads }) {
  const { command, env } = row.run(net, files, seconds, threads);
  const found = await Promise.all(Array.from({ length: processes }, () => run(command, env)));
  const sum = (key) => found.reduce((total, result) => total + 1 / result[key], 0);
  const { version, losses, warm } = found[0];
  const mebibytes = Math.max(...found.map((result) => result.mebibytes));
  return {
    rate: sum('median'),
    best: sum('best'),
    cpu: sum('cpu'),
    steps: found[0].steps,
    mebibytes,
    warm,
    version,
    losses,
  };
}

function run([file, ...args], env) {
  return new Promise((resolve, reject) => {
    const options = {
      env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    };
    const child = spawn(file, args.map(String), options);
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    child.on('error', reject);
    child.on('close', (code) => {
      const line = out.split('\n').find((text) => text.startsWith('{'));
      if (code === 0 && line !== undefined) resolve(JSON.parse(line));
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code}: ${err.slice(-1000)}`));
    });
  });
}
