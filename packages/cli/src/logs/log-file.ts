import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** No pipe that somebody put there holds us up, and no link leads elsewhere. */
const APPENDING =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Milliseconds from one writing to the next: what comes in between is written at once. */
const PAUSE_MS = 500;
/** Lines that are kept while they cannot be written; then the oldest go. */
const MOST_WAITING = 1000;
/** Milliseconds that the last lines have: a filesystem that hangs is not waited for. */
const FAREWELL_MS = 2000;

/** Where the lines of before are, once the file was full. */
export function olderLog(path: string): string {
  return path.replace(/(\.[^./]*)?$/, '.1$1');
}

/**
 * A file of lines for a search of weeks: it takes no more than so many bytes, and neither holds up nor ends who writes to it.
 * Opened anew each time, so that it may be deleted, and is seen on other hosts at once (NFS shows what was written when it is
 * closed). Lines for which there is no room wait until there is; of those that had to go it says how many.
 */
export class LogFile {
  #waiting: string[] = [];
  #lost = 0;
  /** Whether the last writing may have ended within a line. */
  #isTorn = false;
  #isInTrouble = false;
  #writing: Promise<void> | undefined;
  readonly #hurry = new AbortController();

  /**
   * @param path Its folder, and the one above, are made when they are needed.
   * @param most Bytes of the file and of the one before ({@link olderLog}) together.
   * @param onTrouble Is told when it cannot be written, once each time that begins.
   */
  constructor(
    readonly path: string,
    private readonly most: number,
    private readonly clock: { now(): Date },
    private readonly onTrouble: (reason: string) => void = () => undefined,
  ) {}

  /** @param line With its line break. */
  write(line: string): void {
    this.#wait([...this.#waiting, line]);
    void this.#begin();
  }

  /** Writes what waits, if that goes within two seconds. */
  async close(): Promise<void> {
    this.#hurry.abort();
    // One that fails at this moment has begun before the last lines came.
    const written = Promise.resolve(this.#writing).then(() => this.#begin());
    await Promise.race([written, sleep(FAREWELL_MS, undefined, { ref: false })]);
  }

  #begin(): Promise<void> {
    return (this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    }));
  }

  #wait(lines: string[]): void {
    const surplus = Math.max(0, lines.length - MOST_WAITING);
    this.#waiting = lines.slice(surplus);
    this.#lost += surplus;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      const lost = this.#lost;
      this.#waiting = [];
      try {
        await this.#append([...(lost > 0 ? [this.#linesLost(lost)] : []), ...lines]);
        this.#lost -= lost;
        this.#isInTrouble = false;
      } catch (error) {
        if (!this.#isInTrouble) this.onTrouble((error as Error).message);
        this.#isInTrouble = true;
        // Tried again with the next line.
        this.#wait([...lines, ...this.#waiting]);
        return;
      }
      // Not at all while it closes.
      await sleep(PAUSE_MS, undefined, { signal: this.#hurry.signal, ref: false }).catch(() => undefined);
    }
  }

  async #append(lines: readonly string[]): Promise<void> {
    const text = [this.#isTorn ? '\n' : '', ...lines].join('');
    let file = await this.#open();
    try {
      const { size } = await file.stat();
      if (size > 0 && size + Buffer.byteLength(text) > this.most / 2) {
        await file.close();
        await rename(this.path, olderLog(this.path));
        file = await this.#open();
      }
      this.#isTorn = true;
      await file.appendFile(text);
      this.#isTorn = false;
    } finally {
      await file.close();
    }
  }

  #linesLost(count: number): string {
    const time = this.clock.now().toISOString();
    return `${JSON.stringify({ level: 'warn', time, count, msg: 'lines-lost' })}\n`;
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.path, APPENDING, 0o666);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // Not what is above: an experiment that was deleted stays so.
      for (const folder of [dirname(dirname(this.path)), dirname(this.path)])
        await mkdir(folder).catch((reason: unknown) => {
          if ((reason as NodeJS.ErrnoException).code !== 'EEXIST') throw reason;
        });
      return await open(this.path, APPENDING, 0o666);
    }
  }
}
