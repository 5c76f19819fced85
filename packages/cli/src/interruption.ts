/** Aborted by Ctrl-C, or whatever else asks a verb that only looks to end; which then ends with 0. */
export function untilInterrupted(): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const end = () => controller.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.once(name, end);
  return {
    signal: controller.signal,
    close: () => {
      for (const name of signals) process.off(name, end);
    },
  };
}
