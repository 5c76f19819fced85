/** Signals that ask a process to end, and the exit code of one that ended by it. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGUSR1: 75 } as const;
export type EndSignal = keyof typeof SIGNALS;

/** Milliseconds in which the same request counts once: `npm run` passes on what the terminal has sent already. */
const ECHO_MS = 700;

/**
 * Listens for signals: the first asks to end, the second to end now.
 * @returns Stops listening. An echo of a signal that was heard is passed over even then: it would end the process by
 *   that signal, while it is ending as it was asked to. Whatever comes later does what it does anywhere.
 */
export function onEndSignals(
  clock: { monotonic(): number },
  first: (signal: EndSignal, exitCode: number) => void,
  second: (signal: EndSignal, exitCode: number) => void,
): () => void {
  let firstAt: number | undefined;
  let isOver = false;
  const listeners = new Map<EndSignal, () => void>();
  const removeAll = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  for (const [signal, exitCode] of Object.entries(SIGNALS) as [EndSignal, number][]) {
    const listener = () => {
      const now = clock.monotonic() * 1000;
      if (firstAt === undefined) {
        firstAt = now;
        // Keeps the process until no echo can come any more.
        setTimeout(() => undefined, ECHO_MS);
        first(signal, exitCode);
      } else if (now - firstAt > ECHO_MS) {
        if (!isOver) return second(signal, exitCode);
        removeAll();
        process.kill(process.pid, signal);
      }
    };
    listeners.set(signal, listener);
    process.on(signal, listener);
  }
  return () => {
    isOver = true;
    if (firstAt === undefined) removeAll();
  };
}
