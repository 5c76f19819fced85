import './ignore-signals.js';
import { DatasetError, datasetOptionsSchema, loadDataset } from '@galapagos/datasets';
import { nodeFilesystem, systemClock, unfit } from '@galapagos/population';
import { z } from 'zod';
import { chooseBackend } from './backend.js';
import { BACKEND_CHOICES, BackendError } from './backend-choice.js';
import { Examples } from './examples.js';
import type { FromTrainer, ToTrainer } from './messages.js';
import { unusableBy } from './failure.js';
import { trainingSchema } from './settings.js';
import { trainIndividual } from './train.js';
import { cpuSeconds } from './work-time.js';

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
  process.on('disconnect', () => process.exit(0));
  // The parent may have gone before there was anybody to notice.
  endWithParent();
  const [, , data = '{}', training = '{}', choice = 'auto', checksum] = process.argv;
  const settings = trainingSchema.parse(JSON.parse(training));
  const backend = await chooseBackend(z.enum(BACKEND_CHOICES).parse(choice));
  const dataset = await loadDataset(datasetOptionsSchema.parse(JSON.parse(data)), { checksum });
  const examples = new Examples(dataset, settings);
  const before = process.memoryUsage.rss();
  const memoryGrowth = () => process.memoryUsage.rss() - before;
  const tools = { backend, examples, settings, tell, betweenSteps, memoryGrowth };
  let handBack = new AbortController();
  process.on('message', (message: ToTrainer) => {
    if (message.type === 'hand-back') return handBack.abort();
    handBack = new AbortController();
    const bench = {
      ...tools,
      filesystem: nodeFilesystem,
      clock: systemClock,
      cpuSeconds,
      handBack: handBack.signal,
    };
    trainIndividual(bench, message.request).then(
      (outcome) => tell({ type: 'ended', outcome }),
      (error: unknown) =>
        tell({
          type: 'unusable',
          kind: unusableBy(error),
          message: messageOf(error instanceof DatasetError ? error : unfit(message.request.output, error)),
        }),
    );
  });
  const { name, detail, reason } = backend;
  tell({ type: 'ready', backend: name, detail, reason, checksum: dataset.checksum });
}

main().catch((error: unknown) => {
  const kind =
    error instanceof BackendError ? 'backend' : error instanceof DatasetError ? unusableBy(error) : 'data';
  tell({ type: 'unusable', kind, message: messageOf(error) });
  // Leaves when the message is out: the parent closes the channel.
});

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
