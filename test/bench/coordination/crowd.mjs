// Many workers in one process, each with a host of its own: node crowd.mjs ROOT WORKERS FIRST MILLISECONDS
// Trainings take from nothing to twice so many milliseconds. What it says: see session.mjs.

import { randomUUID } from 'node:crypto';
import { filesystemAt } from '@galapagos/population';
import { Worker } from '@galapagos/worker';
import { compiled } from '../../worker/fixtures/compile.mjs';
import { Session } from './session.mjs';

const [root, ...counts] = process.argv.slice(2);
const [workers, first, milliseconds] = counts.map(Number);
const { bitStringTrainer } = await import(await compiled('support/bit-string-trainer.ts'));
const { openExperiment } = await import(await compiled('worker/experiment.ts'));

const STEPS = 10;
const train = bitStringTrainer({ steps: STEPS, stepMs: (2 * milliseconds) / STEPS, varied: true });
const filesystem = await filesystemAt(root);
let lost = 0;
let training = 0;
const startedAt = new Set();
const team = Array.from({ length: workers }, (_, index) => employ(`host${first + index}`));
const session = new Session(
  () => void team.map(async (worker) => (await worker).leave()),
  () => ({ lost, training, workers }),
);
const reasons = await Promise.all(team.map(async (worker) => await (await worker).run()));
process.exit(reasons.every((reason) => reason === 'asked') ? 0 : 1);

async function employ(host) {
  const identity = { host, bootId: host, pidNamespace: '', pid: process.pid, processStart: '' };
  return new Worker({
    population: await openExperiment(root, filesystem, randomUUID()),
    evaluate: async (...request) => {
      const begun = { at: performance.now() };
      startedAt.add(begun);
      try {
        return await train(...request);
      } finally {
        startedAt.delete(begun);
        training += session.within(begun.at);
      }
    },
    host: { identity: () => Promise.resolve(identity), isGone: () => Promise.resolve(false) },
    version: '0.0.0-bench',
    backend: 'bits',
    onEvent: ({ event }) => {
      if (event === 'lost-race' && session.isMeasuring) lost++;
      if (event === 'born') session.born();
      if (event !== 'published') return;
      // What is under way as the time ends belongs to it, too.
      session.finished(() => {
        for (const { at } of startedAt) training += session.within(at);
      });
    },
  });
}
