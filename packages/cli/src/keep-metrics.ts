import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Population } from '@galapagos/population';
import { untilInterrupted } from './interruption.js';
import { expositionOf } from './metrics.js';
import { serveMetrics } from './metrics-server.js';
import { Observer } from './observer.js';
import { patience } from './patience.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

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
  const keepTrying = tellOnce(terminal);
  const server = port === undefined ? undefined : await serveMetrics(port, address, textNow);
  if (server !== undefined) terminal.err(`serving ${server.address}`);
  try {
    if (textfile !== undefined) {
      await replace(textfile, text);
      terminal.err(`writing ${textfile} every ${seconds} s`);
    }
    while (!interruption.signal.aborted) {
      const look = await patiently(() => observer.look());
      text = await expositionOf(look, root);
      lookedAt = clock.monotonic();
      if (textfile !== undefined) await keepTrying(() => replace(textfile, text));
      // More often where only that tells who is silent.
      await clock.sleep(Math.min(seconds, observer.patienceSeconds), interruption.signal);
    }
  } finally {
    interruption.close();
    await server?.close();
    // What nobody keeps up to date would be believed.
    if (textfile !== undefined) await rm(textfile, { force: true });
  }
}

/** Does what may fail for a while: a disk is full, say. */
function tellOnce(terminal: Terminal): (work: () => Promise<void>) => Promise<void> {
  let isTold = false;
  return async (work) => {
    try {
      await work();
      isTold = false;
    } catch (error) {
      if (!isTold) terminal.err((error as Error).message);
      isTold = true;
    }
  };
}

/** At once, as the collector may read at any time; it reads no name that ends otherwise. @throws UsageError. */
async function replace(file: string, text: string): Promise<void> {
  const aside = join(dirname(file), `.${basename(file)}.${process.pid}`);
  try {
    await writeFile(aside, text, { mode: 0o644 });
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw new UsageError(`--textfile ${file}: cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
