import type { Random } from '@galapagos/dna';
import type { Clock } from './clock.js';
import { PopulationError } from './errors.js';
import { type Experiment, readExperiment } from './experiment.js';
import type { Ground } from './ground.js';
import { errorCode, ifPresent, isMissing, isRefusal, unfit } from './filesystem-errors.js';
import type { Filesystem } from './filesystem.js';
import { listFixed, lookFresh, parent } from './files.js';
import { KnownDnas } from './known-dnas.js';
import { type AliveEntry, type DeadEntry, type TrainingEntry, parseName } from './layout.js';
import { Listing } from './listing.js';

/** The shared directory of one experiment, as it was when last listed. */
export class Population {
  readonly filesystem: Filesystem;
  readonly clock: Clock;
  readonly random: Random;
  /** DNAs that were read or written lately. */
  readonly dnas = new KnownDnas();
  readonly #training = new Listing((name) => parseName('training', name));
  readonly #alive = new Listing((name) => parseName('alive', name));
  readonly #dead = new Listing((name) => parseName('dead', name));
  readonly #hallOfFame = new Listing((name) => parseName('hall-of-fame', name));

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

  // Each state in the order of its names, which for the living is that of their fitness.

  async training(): Promise<TrainingEntry[]> {
    return this.#training.read(await this.list('training'));
  }

  async alive(): Promise<AliveEntry[]> {
    return this.#alive.read(await this.list('alive'));
  }

  async dead(): Promise<DeadEntry[]> {
    return this.#dead.read(await this.list('dead'));
  }

  async hallOfFame(): Promise<AliveEntry[]> {
    return this.#hallOfFame.read(await this.list('hall-of-fame'));
  }

  /**
   * The living. Training is listed before alive, since that is the way an individual goes: one that is published
   * meanwhile is seen twice, never missed. The size counts each once.
   */
  async living(): Promise<{ training: TrainingEntry[]; alive: AliveEntry[]; size: number }> {
    const training = await this.training();
    const alive = await this.alive();
    const inTraining = new Set(training.map(({ id }) => id));
    // For a thousand alive a few are in training: it is those that may be seen twice.
    const size = inTraining.size + alive.filter(({ id }) => !inTraining.has(id)).length;
    return { training, alive, size };
  }

  /** The names in a directory below the experiment. @throws PopulationError `NO_EXPERIMENT` when it is gone. */
  async list(below: string): Promise<string[]> {
    const names = await listFixed(this.filesystem, this.path(below));
    if (names === undefined) throw new PopulationError('NO_EXPERIMENT', `${this.path(below)}: gone`);
    return names;
  }

  /**
   * As {@link list}, where a directory need not be there: then it holds nothing. Nor does one that a symbolic link
   * leads to: what is there lies outside, and is nobody's to move.
   */
  async listIfPresent(below: string): Promise<string[]> {
    try {
      if (!(await this.isDirectory(below))) return [];
      const path = this.path(below);
      const { filesystem } = this;
      return (await ifPresent(lookFresh(filesystem, path, () => filesystem.list(path)))) ?? [];
    } catch (error) {
      throw unfit(this.path(below), error);
    }
  }

  /** Whether a directory is there, and no link on the way to it. */
  async isDirectory(below: string): Promise<boolean> {
    const names = below.split('/');
    for (const end of names.keys()) {
      const path = this.path(names.slice(0, end + 1).join('/'));
      const { filesystem } = this;
      const kind = await ifPresent(lookFresh(filesystem, path, () => filesystem.kind(path)));
      if (kind !== 'directory') return false;
    }
    return true;
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
   * can look. By readdir, never by stat: a stat may answer out of a cache. Looking is no proof of absence: the
   * server may carry it out later still.
   */
  async #lookAfterFailedMove(from: string, to: string, error: unknown): Promise<boolean> {
    if (errorCode(error) === '' || isRefusal(error)) throw unfit(this.path(to), error);
    const arrived = await this.#isThere(to);
    if (!arrived && isMissing(error)) return false;
    const stayed = await this.#isThere(from);
    // Both: the target was taken, so this rename was not what brought it there.
    if (arrived || !stayed) return arrived && !stayed;
    throw unfit(this.path(from), error);
  }

  async #isThere(path: string): Promise<boolean> {
    return (await this.list(parent(path))).includes(path.slice(path.lastIndexOf('/') + 1));
  }
}
