import type { Random } from '@galapagos/dna';
import type { Clock } from './clock.js';
import { PopulationError } from './errors.js';
import { type Experiment, readExperiment } from './experiment.js';
import { type Filesystem, errorCode, isMissing } from './filesystem.js';
import { type AliveEntry, type DeadEntry, type Entry, type TrainingEntry, parseName } from './layout.js';

/** What a population stands on: filesystem, time and chance, so that the same code runs over a simulation. */
export interface Ground {
  readonly filesystem: Filesystem;
  readonly clock: Clock;
  readonly random: Random;
}

/** The shared directory of one experiment, as it was when last listed. */
export class Population {
  readonly filesystem: Filesystem;
  readonly clock: Clock;
  readonly random: Random;

  private constructor(
    /** The experiment's directory. */
    readonly root: string,
    readonly experiment: Experiment,
    { filesystem, clock, random }: Ground,
  ) {
    this.filesystem = filesystem;
    this.clock = clock;
    this.random = random;
  }

  /** @throws PopulationError as {@link readExperiment} does. */
  static async open(root: string, ground: Ground): Promise<Population> {
    return new Population(root, await readExperiment(ground.filesystem, root), ground);
  }

  /** The absolute path of something below the experiment. */
  path(below: string): string {
    return `${this.root}/${below}`;
  }

  training(): Promise<TrainingEntry[]> {
    return this.#entries('training');
  }

  alive(): Promise<AliveEntry[]> {
    return this.#entries('alive');
  }

  dead(): Promise<DeadEntry[]> {
    return this.#entries('dead');
  }

  hallOfFame(): Promise<AliveEntry[]> {
    return this.#entries('hall-of-fame');
  }

  /**
   * The living. Training is listed before alive, since that is the way an individual goes: one that is published
   * meanwhile is seen twice, never missed. The size counts each once.
   */
  async living(): Promise<{ training: TrainingEntry[]; alive: AliveEntry[]; size: number }> {
    const training = await this.training();
    const alive = await this.alive();
    return { training, alive, size: new Set([...training, ...alive].map(({ id }) => id)).size };
  }

  /** The names in a directory below the experiment. @throws PopulationError `NO_EXPERIMENT` when it is gone. */
  async list(below: string): Promise<string[]> {
    try {
      return await this.filesystem.list(this.path(below));
    } catch (error) {
      if (!isMissing(error)) throw unfit(this.path(below), error);
      throw new PopulationError('NO_EXPERIMENT', `${this.path(below)}: gone`, { cause: error });
    }
  }

  /**
   * Moves a directory by one rename: every change of state is this.
   * @returns Whether it is now where it should be, by us; false when somebody else was faster.
   * @throws PopulationError `UNFIT` when the filesystem refuses.
   */
  async move(from: string, to: string): Promise<boolean> {
    try {
      await this.filesystem.rename(this.path(from), this.path(to));
      return true;
    } catch (error) {
      return await this.#lookAfterFailedMove(from, to, error);
    }
  }

  /**
   * A failed rename may have happened: a server carries out what a cut connection never acknowledged, or answers
   * the repetition of a request that it has carried out with ENOENT. The target's name says who did it, so one
   * can look. By readdir, never by stat: a stat may answer out of a cache.
   */
  async #lookAfterFailedMove(from: string, to: string, error: unknown): Promise<boolean> {
    if (['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'].includes(errorCode(error))) {
      throw unfit(this.path(to), error);
    }
    if ((await this.list(parent(to))).includes(base(to))) return true;
    if (isMissing(error)) return false;
    if ((await this.list(parent(from))).includes(base(from))) throw unfit(this.path(from), error);
    return false;
  }

  async #entries<S extends Entry['state']>(state: S): Promise<Extract<Entry, { state: S }>[]> {
    const names = await this.list(state);
    return names.flatMap((name) => parseName(state, name) ?? []) as Extract<Entry, { state: S }>[];
  }
}

/** What a filesystem's refusal means for a person. */
export function unfit(path: string, error: unknown): PopulationError {
  const advice: Record<string, string> = {
    ENOSPC: 'the disk is full: free some space, and start the workers again',
    EDQUOT: 'the quota is used up: free some space, and start the workers again',
    EROFS: 'the directory is read-only: mount it writable',
    EACCES: 'permission denied: give this user the right to write there',
    EPERM: 'not permitted: give this user the right to write there',
  };
  return new PopulationError('UNFIT', `${path}: ${advice[errorCode(error)] ?? String(error)}`, {
    cause: error,
  });
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function base(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
