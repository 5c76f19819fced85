import { PopulationError, errorCode, nameOf, siteName } from '@galapagos/population';
import type { Shift } from './shift.js';

/**
 * Beats, and reads the orders, until it is stopped. It does not depend on what trains: that is a child process.
 * A filesystem that hangs, fails for a while or is full is waited for; one that refuses ends the worker.
 */
export async function beatUntil(shift: Shift, stopped: AbortSignal): Promise<void> {
  let isFailing = false;
  // Once for each trouble, which may last for a night.
  const outlast = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      if (refuses(error)) throw error;
      if (!isFailing) shift.emit({ event: 'beat-failed', reason: String(error) });
      isFailing = true;
      return false;
    }
  };
  while (!stopped.aborted) {
    const hasBeaten = await outlast(() => beat(shift));
    // Who cannot write for want of room can still read.
    const hasObeyed = await outlast(() => obey(shift));
    if (hasBeaten && hasObeyed) isFailing = false;
    await shift.population.clock.sleep(Math.min(shift.control.bounds.leaseSeconds / 5, 2), stopped);
  }
}

async function beat(shift: Shift): Promise<void> {
  const { me, liveness, control, onBeat } = shift;
  await me.beat();
  onBeat();
  // Measured after the beat: it may have hung itself.
  const late = liveness.ownBeatAge > control.bounds.leaseSeconds / 2;
  liveness.ownBeatWentThrough();
  if (late) await lookAgain(shift);
}

async function obey({ control, exit, site, emit }: Shift): Promise<void> {
  await control.poll();
  if (control.stopped) exit.leave('stopped');
  const quarantine = control.quarantineOf(site);
  if (quarantine === undefined || exit.reason !== undefined) return;
  emit({ event: 'quarantined', site: siteName(quarantine), reason: quarantine.reason });
  exit.leave('quarantined');
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
  return code === '' || ['EROFS', 'EACCES', 'EPERM'].includes(code);
}
