/** In how many parts the patience is counted. */
const TICKS = 10;

/**
 * Notices when there was no sign of life for a while. It counts ticks of its own, so that a process that was itself
 * stopped (Ctrl-Z) does not take that for a hang of the other.
 */
export class Watchdog {
  #ticks = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly seconds: number,
    private readonly onExpiry: () => void,
  ) {}

  /** A sign of life: counts from the beginning again. */
  reset(): void {
    this.#ticks = 0;
    this.#timer ??= setInterval(() => this.#tick(), (this.seconds * 1000) / TICKS);
  }

  /** Stops counting, until the next reset. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.#ticks++;
    if (this.#ticks < TICKS) return;
    this.stop();
    this.onExpiry();
  }
}
