import { DatasetError, datasetOptionsSchema, loadDataset } from '@galapagos/datasets';
import { nodeFilesystem, systemClock } from '@galapagos/population';
import { type BackendChoice, BackendError, chooseBackend } from './backend.js';
import { Examples } from './examples.js';
import { failureOf } from './failure.js';
import type { FromTrainer, ToTrainer } from './messages.js';
import { trainingSchema } from './settings.js';
import { type Workbench, trainIndividual } from './train.js';

// The trainer's process. It serves one worker, its parent, one individual after the other, can die without it, and
// ends when its parent is gone.

const parent = process.ppid;

/** Ends this process when its parent is no more: between two steps, whatever the training is doing. */
function endWithParent(): void {
  if (process.ppid !== parent || !process.connected) process.exit(0);
}

function tell(message: FromTrainer): void {
  // The channel closes when the parent dies, perhaps in this instant; then there is nobody to tell.
  process.send?.(message, undefined, undefined, (error) => {
    if (error !== null) process.exit(0);
  });
}

async function betweenSteps(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  endWithParent();
}

async function main(): Promise<void> {
  // A terminal's Ctrl-C and Slurm's signals reach every process; what is to be done is the worker's to say.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => process.exit(0));
  const [, , data = '{}', training = '{}', choice = 'auto'] = process.argv;
  const settings = trainingSchema.parse(JSON.parse(training));
  const backend = await chooseBackend(choice as BackendChoice);
  const dataset = await loadDataset(datasetOptionsSchema.parse(JSON.parse(data)));
  const examples = new Examples(dataset, settings);
  let handBack = new AbortController();
  process.on('message', (message: ToTrainer) => {
    if (message.type === 'hand-back') return handBack.abort();
    handBack = new AbortController();
    const bench: Workbench = {
      backend,
      examples,
      settings,
      filesystem: nodeFilesystem,
      clock: systemClock,
      tell,
      betweenSteps,
      handBack: handBack.signal,
    };
    trainIndividual(bench, message.request).then(
      (outcome) => tell({ type: 'ended', outcome }),
      (error: unknown) => tell({ type: 'ended', outcome: failureOf(error) }),
    );
  });
  tell({ type: 'ready', backend: backend.name, reason: backend.reason, checksum: dataset.checksum });
}

main().catch((error: unknown) => {
  const kind = error instanceof BackendError ? 'backend' : 'data';
  const message =
    error instanceof DatasetError || error instanceof BackendError ? error.message : String(error);
  tell({ type: 'unusable', kind, message });
  // Leaves when the message is out: the parent closes the channel.
});
