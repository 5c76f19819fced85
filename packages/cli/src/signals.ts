/** Signals that ask a process to end, and the exit code of one that ended by it. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGUSR1: 75 } as const;
export type EndSignal = keyof typeof SIGNALS;

/** Milliseconds in which the same request counts once: `npm run` passes on what the terminal has sent already. */
const ECHO_MS = 700;

/**
 * Listens for signals: the first asks to end, the second to end now.
 * @returns Stops listening.
 */
export function onEndSignals(
  clock: { monotonic(): number },
  first: (signal: EndSignal, exitCode: number) => void,
  second: (signal: EndSignal, exitCode: number) => void,
): () => void {
  let firstAt: number | undefined;
  const listeners = (Object.entries(SIGNALS) as [EndSignal, number][]).map(([signal, exitCode]) => {
    const listener = () => {
      const now = clock.monotonic() * 1000;
      if (firstAt === undefined) {
        firstAt = now;
        first(signal, exitCode);
      } else if (now - firstAt > ECHO_MS) {
        second(signal, exitCode);
      }
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const stop of listeners) stop();
  };
}
