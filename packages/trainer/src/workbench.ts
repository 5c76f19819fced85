import { type Clock, type Filesystem, fullInWords, isFull } from '@galapagos/population';
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
  /** Seconds of processor time that this process has had. */
  readonly cpuSeconds: () => number;
  readonly tell: (message: FromTrainer) => void;
  /** Between two steps: lets messages in, and does not return when the parent process is gone. */
  readonly betweenSteps: () => Promise<void>;
  /** Bytes by which this process has grown since it was ready to train. */
  readonly memoryGrowth: () => number;
  /** Aborted: checkpoint, and end. */
  readonly handBack: AbortSignal;
}

/** Tells the parent that the filesystem is waited for, which may hang: that is not a stall of the training. */
export async function waiting<T>({ tell }: Pick<Workbench, 'tell'>, access: () => Promise<T>): Promise<T> {
  tell({ type: 'waiting' });
  const result = await access();
  tell({ type: 'working' });
  return result;
}

/** Seconds between two tries to write onto a full disk. */
const RETRY_SECONDS = 5;

/**
 * Writes what a training must not lose. While the disk is full that is told, and waited for.
 * @returns False where it was to hand back before there was room.
 */
export async function untilThereIsRoom(
  bench: Pick<Workbench, 'clock' | 'handBack' | 'tell'>,
  write: () => Promise<void>,
): Promise<boolean> {
  const { clock, handBack, tell } = bench;
  return await waiting(bench, async () => {
    for (let isTold = false; ; isTold = true) {
      try {
        await write();
        return true;
      } catch (error) {
        if (!isFull(error)) throw error;
        if (!isTold) tell(full(error));
        if (handBack.aborted) return false;
        await clock.sleep(RETRY_SECONDS, handBack);
      }
    }
  });
}

/** Writes what a training can do without. */
export async function ifThereIsRoom(
  bench: Pick<Workbench, 'tell'>,
  write: () => Promise<void>,
): Promise<boolean> {
  return await waiting(bench, async () => {
    try {
      await write();
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
      bench.tell(full(error));
      return false;
    }
  });
}

function full(error: unknown): FromTrainer {
  return { type: 'full', reason: fullInWords(error) };
}
