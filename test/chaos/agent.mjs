// What stands on a host for the harness: it starts workers there, sends them signals, and looks at the directory.
// Orders come as lines of JSON on stdin, answers and news go as lines of JSON on stdout. When stdin ends so does it,
// and takes its workers along.

import { execFile, spawn } from 'node:child_process';
import { openSync, closeSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { compiled } from '../worker/fixtures/compile.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const program = 'test/worker/fixtures/worker.mjs';
const { audit, sizeOf } = await import(await compiled('chaos/audit.ts'));
const { makeExperiment } = await import(await compiled('worker/experiment.ts'));
const workers = new Map();

const orders = {
  start({ slot, worker, env }) {
    const trace = openSync(worker.trainer.trace, 'a');
    const child = spawn(process.execPath, [program, JSON.stringify(worker)], {
      stdio: ['ignore', trace, 'pipe'],
      env: { ...process.env, ...env },
    });
    closeSync(trace);
    workers.set(slot, child);
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (words = (words + text).slice(-2000)));
    child.on('close', (code, signal) => {
      if (workers.get(slot) === child) workers.delete(slot);
      say({ ended: slot, code, signal, words });
    });
  },
  signal({ slot, signal }) {
    return workers.get(slot)?.kill(signal) ?? false;
  },
  signalAll({ signal }) {
    for (const child of workers.values()) child.kill(signal);
  },
  async make({ root, experiment }) {
    await makeExperiment(root, experiment);
  },
  run: ({ command: [program, ...args] }) =>
    new Promise((resolve, reject) => {
      execFile(program, args, (error) => (error ? reject(error) : resolve()));
    }),
  size: ({ root }) => sizeOf(root),
  audit: ({ options }) => audit(options),
};

function say(news) {
  writeSync(1, `${JSON.stringify(news)}\n`);
}

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const order = JSON.parse(line);
    try {
      say({ to: order.number, answer: (await orders[order.order](order)) ?? null });
    } catch (error) {
      say({ to: order.number, failure: String(error?.stack ?? error) });
    }
  })
  .on('close', () => {
    for (const child of workers.values()) child.kill('SIGKILL');
    process.exit();
  });
say({ ready: true });
