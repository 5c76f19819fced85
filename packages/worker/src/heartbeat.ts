import { PopulationError, errorCode, nameOf } from '@galapagos/population';
import type { Shift } from './shift.js';

/**
 * Beats, and reads the orders, until it is stopped. It does not depend on what trains: that is a child process.
 * A filesystem that hangs or fails for a while is waited for; one that refuses ends the worker.
 */
export async function beatUntil(shift: Shift, stopped: AbortSignal): Promise<void> {
  const { population, me, liveness, control } = shift;
  while (!stopped.aborted) {
    const { leaseSeconds } = control.bounds;
    try {
      await me.beat();
      // Measured after the beat: it may have hung itself.
      const late = liveness.ownBeatAge > leaseSeconds / 2;
      liveness.ownBeatWentThrough();
      if (late) await lookAgain(shift);
      await control.poll();
      if (control.stopped) shift.exit.leave('stopped');
    } catch (error) {
      if (refuses(error)) throw error;
      shift.emit({ event: 'beat-failed', reason: String(error) });
    }
    await population.clock.sleep(Math.min(leaseSeconds / 5, 2), stopped);
  }
}

/** After a silence others may have taken us for gone, and the individual over: then its training is for nothing. */
async function lookAgain({ holding, population }: Shift): Promise<void> {
  if (holding === undefined) return;
  // A listing never misses what nobody touches. One that is published at this moment has ended its training.
  const training = await population.training();
  if (!training.some((entry) => nameOf(entry) === nameOf(holding.entry))) holding.abandon.abort();
}

/** Whether waiting does not help: the filesystem refuses, or it is not a matter of the filesystem at all. */
function refuses(error: unknown): boolean {
  const isFilesystem = error instanceof PopulationError && error.code === 'UNFIT';
  const code = errorCode(isFilesystem ? error.cause : error);
  return code === '' || ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'].includes(code);
}
