// What a worker of any of the tools and the benchmark say to each other, a line each. The worker: `born` and `first`, when the
// first of its trials has begun and is finished; then `100` after every hundredth; with `--tell`, `1` after each instead; the result, a JSON
// object, when its time is over. The benchmark: `go SECONDS`, from when on it counts. session.py says the same.

import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const tells = process.argv.includes('--tell');

export class Session {
  #finished = 0;
  #counted = 0;
  #window;
  #hasBorn = false;

  /**
   * @param {() => void} end Called once the time is over.
   * @param {() => object} more What else the result has.
   */
  constructor(end, more = () => ({})) {
    this.end = end;
    this.more = more;
    createInterface(process.stdin).on('line', (line) => {
      const from = performance.now();
      this.#window = { from, until: from + 1000 * Number(line.split(' ')[1]), cpu: process.cpuUsage() };
    });
  }

  get isMeasuring() {
    return this.#window !== undefined;
  }

  /** Seconds of what began at `from` and ends now that belong to what is measured. */
  within(from) {
    const window = this.#window;
    if (window === undefined) return 0;
    const until = Math.min(performance.now(), window.until);
    return Math.max(0, until - Math.max(from, window.from)) / 1000;
  }

  /** The first of its individuals is born; peers have no such thing. */
  born() {
    if (!this.#hasBorn) say('born');
    this.#hasBorn = true;
  }

  /** @param {() => void} [last] What is to be done before the result is said. */
  finished(last) {
    this.#finished++;
    if (tells) say('1');
    else if (this.#finished === 1) say('first');
    else if (this.#finished % 100 === 0) say('100');
    const window = this.#window;
    if (window === undefined) return undefined;
    if (performance.now() <= window.until) return this.#counted++;
    last?.();
    this.#window = undefined;
    const { user, system } = process.cpuUsage(window.cpu);
    say(JSON.stringify({ trials: this.#counted, cpu: (user + system) / 1e6, ...this.more() }));
    return this.end();
  }
}

function say(line) {
  writeSync(1, `${line}\n`);
}
