/** What the launcher asks of time. The real one is {@link systemClock}; a test may pass its own. */
export interface Clock {
  /** Seconds since an arbitrary moment; never goes back. */
  monotonic(): number;
  /** Calls `callback` once, `seconds` from now. The answer cancels it. */
  after(seconds: number, callback: () => void): () => void;
}

/** The only place in this package that reads a real clock. */
export const systemClock: Clock = {
  monotonic: () => performance.now() / 1000,
  after(seconds, callback) {
    const timer = setTimeout(callback, seconds * 1000);
    return () => {
      clearTimeout(timer);
    };
  },
};
