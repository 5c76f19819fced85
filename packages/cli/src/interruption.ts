/** Aborted by Ctrl-C, or whatever else asks a verb that only looks to end; which then ends with 0. The reason is the signal. */
export function untilInterrupted(): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const end = (signal: string) => controller.abort(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.once(name, end);
  return {
    signal: controller.signal,
    close: () => {
      for (const name of signals) process.off(name, end);
    },
  };
}

/** Thrown when a signal ended it; what it had written is removed. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly signal: string) {
    super('interrupted; all that was written is removed');
  }
}
