import type { Clock, Filesystem } from '@galapagos/population';
import type { Backend } from './backend.js';
import type { Examples } from './examples.js';
import type { FromTrainer } from './messages.js';
import type { TrainingSettings } from './settings.js';

/** What a trainer works with. */
export interface Workbench {
  readonly backend: Backend;
  readonly examples: Examples;
  readonly settings: TrainingSettings;
  readonly filesystem: Filesystem;
  readonly clock: Clock;
  readonly tell: (message: FromTrainer) => void;
  /** Between two steps: lets messages in, and does not return when the parent process is gone. */
  readonly betweenSteps: () => Promise<void>;
  /** Bytes by which this process has grown since it was ready to train. */
  readonly memoryGrowth: () => number;
  /** Aborted: checkpoint, and end. */
  readonly handBack: AbortSignal;
}

/** Tells the parent that the filesystem is waited for, which may hang: that is not a stall of the training. */
export async function waiting<T>({ tell }: Workbench, access: () => Promise<T>): Promise<T> {
  tell({ type: 'waiting' });
  const result = await access();
  tell({ type: 'working' });
  return result;
}
