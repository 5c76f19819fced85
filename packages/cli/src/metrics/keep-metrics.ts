import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Population } from '@galapagos/population';
import { untilInterrupted } from '../interruption.js';
import { expositionOf } from './metrics.js';
import { serveMetrics } from './metrics-server.js';
import { Observer } from '../observer.js';
import { patience } from '../patience.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

/** Where to, and how often. */
export interface Targets {
  readonly textfile: string | undefined;
  readonly port: number | undefined;
  readonly address: string;
  readonly seconds: number;
}

/** Looks, and says what it saw, until Ctrl-C. A directory that does not answer is said to be down. */
export async function keepMetrics(
  population: Population,
  targets: Targets,
  terminal: Terminal,
): Promise<void> {
  const { textfile, port, address, seconds } = targets;
  const { clock, root } = population;
  const observer = new Observer(population);
  const patiently = patience(terminal, { evenGone: true });
  const interruption = untilInterrupted();
  let text = await expositionOf(undefined, root);
  let lookedAt = clock.monotonic();
  // A filesystem that hangs holds up the looks, not the page.
  const textNow = async () =>
    clock.monotonic() - lookedAt > 3 * seconds + 10 ? await expositionOf(undefined, root) : text;
  const file = textfile === undefined ? undefined : new TextFile(textfile, terminal);
  const server = port === undefined ? undefined : await serveMetrics(port, address, textNow);
  if (server !== undefined) terminal.err(`serving ${server.address}`);
  try {
    while (!interruption.signal.aborted) {
      const look = await patiently(() => observer.look());
      text = await expositionOf(look, root);
      lookedAt = clock.monotonic();
      await file?.write(text);
      // More often where only that tells who is silent.
      await clock.sleep(Math.min(seconds, observer.patienceSeconds), interruption.signal);
    }
  } finally {
    interruption.close();
    await server?.close();
    await file?.remove();
  }
}

/** A file that the collector may read at any time. */
class TextFile {
  #isWritten = false;
  #isInTrouble = false;

  constructor(
    private readonly path: string,
    private readonly terminal: Terminal,
  ) {}

  /** @throws UsageError where it could never be written: later a disk may be full for a while, which is told once. */
  async write(text: string): Promise<void> {
    try {
      await this.#replace(text);
      if (!this.#isWritten) this.terminal.err(`writing ${this.path}`);
      this.#isWritten = true;
      this.#isInTrouble = false;
    } catch (error) {
      const message = `--textfile ${this.path}: cannot be written: ${(error as Error).message}`;
      if (!this.#isWritten) throw new UsageError(message, { cause: error });
      if (!this.#isInTrouble) this.terminal.err(message);
      this.#isInTrouble = true;
    }
  }

  /** What nobody keeps up to date would be believed. */
  async remove(): Promise<void> {
    if (this.#isWritten) await rm(this.path, { force: true });
  }

  /** At once. The collector reads no name that does not end in .prom. */
  async #replace(text: string): Promise<void> {
    const aside = join(dirname(this.path), `.${basename(this.path)}.${process.pid}`);
    try {
      await writeFile(aside, text, { mode: 0o644 });
      await rename(aside, this.path);
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
  }
}
