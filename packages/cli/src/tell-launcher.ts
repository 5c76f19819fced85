import type { WorkerEvent } from '@galapagos/worker';

/** What shows that there was room again. */
const SIGNS: readonly WorkerEvent['event'][] = ['born', 'adopted', 'published', 'buried'];

/** Tells the launcher, if there is one, that this worker waits for room: on a full disk its log may say nothing. */
export function tellLauncher(next: (event: WorkerEvent) => void): (event: WorkerEvent) => void {
  let isWaiting = false;
  return (event) => {
    if (event.event === 'disk-full' && !isWaiting) {
      isWaiting = true;
      send({ waitsFor: event.reason });
    } else if (isWaiting && SIGNS.includes(event.event)) {
      isWaiting = false;
      send({ waitsFor: null });
    }
    next(event);
  };
}

function send(message: { readonly waitsFor: string | null }): void {
  // A launcher that is gone is seen elsewhere.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
