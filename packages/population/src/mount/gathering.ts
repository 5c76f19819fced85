import type { Clock } from '../clock.js';
import { errorCode, isMissing } from '../filesystem-errors.js';
import type { MountFilesystem } from './mount-filesystem.js';

export interface GatheringOptions {
  /** A folder for these participants and this occasion alone, which is there. */
  readonly folder: string;
  readonly me: string;
  /** All participants, `me` among them. */
  readonly names: readonly string[];
  readonly filesystem: MountFilesystem;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether all are on this host, and so read the same clock. */
  readonly isOneHost: boolean;
  /** Seconds that the others may take for one step. */
  readonly patienceSeconds: number;
}

/** Thrown when another participant does not come to where all have to be. */
export class MissingParticipant extends Error {
  override readonly name = 'MissingParticipant';
}

/** Seconds between two looks: at first in the hope of a moment, after that time patiently. */
const EAGER = 0.001;
const PATIENT = 0.02;
const HOPEFUL = 0.5;

/**
 * Processes that do the same steps at the same time and tell each other what came of them, by nothing but a folder:
 * one file for each of them and each step, so that it holds up on the filesystem that is being examined.
 */
export class Gathering {
  readonly names: readonly string[];
  #step = 0;

  constructor(private readonly options: GatheringOptions) {
    this.names = options.names.toSorted();
  }

  get me(): string {
    return this.options.me;
  }

  get filesystem(): MountFilesystem {
    return this.options.filesystem;
  }

  get isOneHost(): boolean {
    return this.options.isOneHost;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** Who does what one alone has to do. */
  get isFirst(): boolean {
    return this.names[0] === this.me;
  }

  get isLast(): boolean {
    return this.last === this.me;
  }

  get last(): string {
    return this.names.at(-1) ?? '';
  }

  path(below: string): string {
    return `${this.options.folder}/${below}`;
  }

  /**
   * Waits until all have come to this step, and gives what each has to say, in the order of their names.
   * @throws MissingParticipant, or the reason of the signal.
   */
  async share<T>(mine: T): Promise<T[]> {
    const step = this.#step++;
    await this.filesystem.write(this.#file(step, this.me), `${JSON.stringify(mine)}\n`);
    const said = new Map<string, T>([[this.me, mine]]);
    await this.until(
      async () => {
        const listed = new Set(await this.#list());
        for (const name of this.names) {
          if (said.has(name) || !listed.has(nameOf(step, name))) continue;
          const text = await this.#read(step, name);
          // Another may be in the midst of writing it.
          if (text?.endsWith('\n') === true) said.set(name, JSON.parse(text) as T);
        }
        return said.size === this.names.length;
      },
      () => `waits for ${this.names.filter((name) => !said.has(name)).join(', ')}`,
    );
    return this.names.map((name) => said.get(name) as T);
  }

  /** Whether another has already shared what comes next: then it waits for us. */
  async isWaiting(name: string): Promise<boolean> {
    return (await this.#list()).includes(nameOf(this.#step, name));
  }

  /** Asks again and again until something holds. @throws MissingParticipant, or the reason of the signal. */
  async until(holds: () => Promise<boolean>, what: () => string): Promise<void> {
    const { clock, signal, patienceSeconds } = this.options;
    const startedAt = clock.monotonic();
    for (;;) {
      signal.throwIfAborted();
      if (await holds()) return;
      const waited = clock.monotonic() - startedAt;
      if (waited > patienceSeconds)
        throw new MissingParticipant(`${this.me} ${what()}: in vain for ${patienceSeconds} s`);
      await clock.sleep(waited < HOPEFUL ? EAGER : PATIENT, signal);
    }
  }

  async #list(): Promise<string[]> {
    try {
      return await this.filesystem.list(this.options.folder);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      throw new MissingParticipant('another has ended the examination, and cleared up', { cause: error });
    }
  }

  async #read(step: number, name: string): Promise<string | undefined> {
    try {
      return new TextDecoder().decode(await this.filesystem.read(this.#file(step, name)));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  #file(step: number, name: string): string {
    return this.path(nameOf(step, name));
  }
}

function nameOf(step: number, name: string): string {
  return `step-${step}~${name}`;
}
