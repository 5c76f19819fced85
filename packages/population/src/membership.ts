import { integer } from '@galapagos/dna';
import { POPULATION_FORMAT, type Totals, formatDocument, noTotals } from './documents.js';
import { errorCode, isRefusal, unfit } from './filesystem-errors.js';
import { makeOwnDirectory, replaceFile } from './files.js';
import type { Host } from './host.js';
import { allEntries } from './find.js';
import { isHistoryName, workerOf } from './history-lines.js';
import { largest } from './largest.js';
import { type IndividualId, type WorkerName, makerOf, workerPath } from './layout.js';
import type { Population } from './population.js';
import { ousting } from './set-aside.js';

export interface JoinOptions {
  readonly host: Host;
  readonly version: string;
  readonly backend: string;
  /** The accelerator that it was given, if any. */
  readonly device?: string | undefined;
}

/**
 * A worker's place in the population: its name, its beat, its totals. All that it writes outside of its
 * individuals lies in `workers/<name>/`, and nobody else writes there.
 */
export class Membership {
  #born = 0;
  #beats = 0;
  readonly totals: Totals = noTotals();
  /** What our file of the history may be like: not there yet, or ending in a torn line after an append that failed. */
  historyState: 'absent' | 'whole' | 'torn' = 'absent';

  private constructor(
    readonly population: Population,
    readonly name: WorkerName,
  ) {}

  /**
   * Claims a name that nobody ever had, by exclusive mkdir.
   * @param attempt Does each of the two steps, both of which can be tried again: where the disk is full, say.
   * @throws PopulationError `UNFIT` when the directory cannot be written.
   */
  static async join(
    population: Population,
    options: JoinOptions,
    attempt: <Result>(step: () => Promise<Result>) => Promise<Result> = (step) => step(),
  ): Promise<Membership> {
    const membership = new Membership(population, await attempt(() => claimName(population)));
    await attempt(() => membership.#enter(options));
    return membership;
  }

  async #enter(options: JoinOptions): Promise<void> {
    const { population, name } = this;
    const { filesystem } = population;
    const path = population.path(workerPath(name));
    try {
      await makeOwnDirectory(filesystem, `${path}/staging`);
      await makeOwnDirectory(filesystem, `${path}/trash`);
      const document = {
        format: POPULATION_FORMAT,
        name,
        slurmJob: null,
        slurmRestart: null,
        ...(await options.host.identity()),
        version: options.version,
        backend: options.backend,
        device: options.device ?? null,
        startedAt: population.clock.now().toISOString(),
      };
      await replaceFile(filesystem, `${path}/worker.json`, formatDocument(document));
      await this.writeTotals();
      await this.beat();
    } catch (error) {
      throw unfit(path, error);
    }
  }

  /** An id that nobody else can draw. */
  nextId(): IndividualId {
    return `${this.name}-${++this.#born}`;
  }

  /**
   * Shows that this worker lives: the content changes, whatever any clock says.
   * @throws PopulationError `UNFIT` when the filesystem refuses; what may pass is thrown as it came.
   */
  async beat(): Promise<void> {
    await this.#writeBeat(String(++this.#beats));
  }

  /** Says that this worker is gone for good, so that nobody waits for its lease to end. */
  async leave(): Promise<void> {
    await this.writeTotals();
    await this.#writeBeat(LEFT);
  }

  async writeTotals(): Promise<void> {
    const below = `${workerPath(this.name)}/totals.json`;
    await ousting(this.population, [below, `${below}.new`], async () => {
      const file = this.population.path(below);
      await replaceFile(this.population.filesystem, file, formatDocument(this.totals));
    });
  }

  async #writeBeat(content: string): Promise<void> {
    // In place: a reader that finds it half written sees a change too, which is all that counts.
    const below = `${workerPath(this.name)}/beat`;
    const file = this.population.path(below);
    try {
      await ousting(this.population, [below], () => this.population.filesystem.write(file, `${content}\n`));
    } catch (error) {
      throw isRefusal(error) ? unfit(file, error) : error;
    }
  }
}

/** What the beat of a worker says that left. */
export const LEFT = 'left';

/** So many who come at once have the next numbers, without a gap. */
const FEW = 8;

/**
 * Numbers count up, so that a search of one worker repeats itself name for name; of several at once mkdir decides. Whoever
 * loses tries further and further ahead: of a thousand who come at once each would else try what all before it have taken.
 */
async function claimName(population: Population): Promise<WorkerName> {
  let number = (await largestName(population)) + 1;
  for (let lost = 0; ; number += 1 + integer(population.random, Math.max(1, ++lost - FEW))) {
    const name = `w${number}`;
    try {
      await population.filesystem.makeDirectory(population.path(workerPath(name)));
      return name;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw unfit(population.path('workers'), error);
    }
  }
}

/**
 * Folders of workers stay for ever, so that the largest number is theirs. Where somebody has removed some, names of theirs
 * in histories and of individuals are not to be given again.
 */
async function largestName(population: Population): Promise<number> {
  const folders = await population.list('workers');
  const histories = (await population.listIfPresent('history')).filter(isHistoryName).map(workerOf);
  const makers = (await allEntries(population)).map(({ id }) => makerOf(id));
  return largest(
    [...folders, ...histories, ...makers].map((name) => Number(/^w([1-9][0-9]{0,8})$/.exec(name)?.[1] ?? 0)),
  );
}
