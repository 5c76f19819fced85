// A worker of Galapagos as the benchmark starts it: node ours.mjs ROOT fsync|no-fsync. See session.mjs for what it says.

import { randomUUID } from 'node:crypto';
import { filesystemAt, nodeHost } from '@galapagos/population';
import { Worker } from '@galapagos/worker';
import { compiled } from '../../worker/fixtures/compile.mjs';
import { Session } from './session.mjs';

const [root, sync] = process.argv.slice(2);
const { bitStringTrainer } = await import(await compiled('support/bit-string-trainer.ts'));
const { openExperiment } = await import(await compiled('worker/experiment.ts'));

const real = await filesystemAt(root);
const filesystem = sync === 'fsync' ? real : { ...real, sync: () => Promise.resolve() };
let lost = 0;
const session = new Session(
  () => worker.leave(),
  () => ({ lost }),
);
const worker = new Worker({
  population: await openExperiment(root, filesystem, randomUUID()),
  evaluate: bitStringTrainer({ filesystem }),
  host: nodeHost,
  version: '0.0.0-bench',
  backend: 'bits',
  onEvent: ({ event }) => {
    if (event === 'lost-race' && session.isMeasuring) lost++;
    if (event === 'born') session.born();
    if (event === 'published') session.finished();
  },
});
await worker.run();
process.exit(0);
