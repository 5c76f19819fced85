import { Coverage } from './coverage.js';
import {
  DIGESTS,
  type Digest,
  type RecordedOutline,
  digestName,
  formatDigest,
  parseDigestName,
  readDigest,
} from './digest-file.js';
import { PopulationError } from './errors.js';
import { ifPresent, unfit } from './filesystem-errors.js';
import { type WorkerName, workerPath } from './layout.js';
import { readBeat, readWorker } from './liveness.js';
import { LEFT, type Membership } from './membership.js';
import type { Population } from './population.js';
import { makeShared, ousting, setAside } from './set-aside.js';
import { coverageOf, digestNames, historyWorkers, outlinesIn, readDigests } from './recorded.js';
import { type RolledWorker, readRoll, writeRoll } from './roll.js';
import { findTotals, workerNames } from './summary.js';

/** Outlines that are worth a file, and that are gathered at once at most. */
export const WORTH_DIGESTING = 64;
const GATHERED = 1024;
/** So many files of about the same size are put together, */
const FILES = 8;
/** until one has so many outlines. */
const LARGEST = 32_768;
/** Workers who left that are worth writing the roll for. */
const WORTH_ENROLLING = 16;
/** Seconds after which no filesystem shows an older end of the history of one who left. */
const SETTLED = 60;

/**
 * Keeps the digests: compact summaries of the histories, so that a list of a hundred thousand is drawn in a second.
 * Whoever collects the dead keeps them. They are never the truth: what they do not cover is read in the histories, any
 * of them may be removed at any time, and two that say the same do no harm.
 */
export class Digester {
  #written = 0;
  /** What each file covers that was read: they never change. */
  readonly #covered = new Map<string, Coverage>();
  readonly #unfinished = new Set<string>();
  /** When those who left were first seen to have left. */
  readonly #leftSince = new Map<WorkerName, number>();

  constructor(private readonly me: Membership) {}

  /**
   * Digests what the histories have got since, where that is worth it.
   * @param least Outlines that are worth a file.
   * @returns How many were digested.
   */
  async digest(least = WORTH_DIGESTING): Promise<number> {
    await this.#enroll();
    const coverage = await this.#coverage();
    const added = new Coverage();
    const outlines: RecordedOutline[] = [];
    for (const worker of await historyWorkers(this.me.population)) {
      if (outlines.length >= GATHERED) break;
      await this.#gather(worker, coverage, added, outlines);
    }
    if (outlines.length < Math.max(1, least)) return 0;
    await this.#write(added, outlines);
    return outlines.length;
  }

  /** Puts files of about the same size together, where there are many. @returns Whether there were. */
  async condense(): Promise<boolean> {
    const { population } = this.me;
    const crowded = crowdedLevel(await digestNames(population));
    if (crowded.length === 0) return false;
    const digests: Digest[] = [];
    for (const name of crowded) {
      const digest = await readDigest(population, name);
      if (digest !== undefined) digests.push(digest);
    }
    // Of those that were never finished nothing comes, and `digest` removes them.
    if (digests.length < 2) return false;
    const once = new Map(digests.flatMap(({ outlines }) => outlines).map((outline) => [outline.id, outline]));
    await this.#write(coverageOf(digests), [...once.values()]);
    for (const { name } of digests) await this.#remove(name);
    return true;
  }

  /** Puts those who left on the roll, where they have become many. */
  async #enroll(): Promise<void> {
    const { population } = this.me;
    const roll = await readRoll(population);
    const left: [WorkerName, RolledWorker][] = [];
    for (const worker of await workerNames(population)) {
      if (worker === this.me.name || roll.has(worker) || !(await this.#hasSettled(worker))) continue;
      const rolled = await readRolled(population, worker);
      if (rolled !== undefined) left.push([worker, rolled]);
    }
    if (left.length < Math.max(WORTH_ENROLLING, roll.size / FILES)) return;
    await writeRoll(population, new Map([...roll, ...left]));
  }

  async #coverage(): Promise<Coverage> {
    const { population } = this.me;
    const digests = await readDigests(population, (name) => !this.#covered.has(name));
    for (const { name, coverage } of digests) this.#covered.set(name, coverage);
    const names = await digestNames(population);
    for (const name of [...this.#covered.keys()]) if (!names.includes(name)) this.#covered.delete(name);
    await this.#removeUnfinished(names.filter((name) => !this.#covered.has(name)));
    return coverageOf([...this.#covered.values()].map((coverage) => ({ coverage })));
  }

  /** What was found unfinished twice has a writer that is gone, or is spoilt. */
  async #removeUnfinished(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (this.#unfinished.has(name)) await this.#remove(name);
      this.#unfinished.add(name);
    }
  }

  async #gather(
    worker: WorkerName,
    known: Coverage,
    added: Coverage,
    outlines: RecordedOutline[],
  ): Promise<void> {
    const isFinal = await this.#hasSettled(worker);
    try {
      for (const gap of known.gaps(worker)) {
        const isRead = await this.#gatherFrom(worker, gap, isFinal, added, outlines);
        if (!isRead) return;
        if (gap[1] !== Infinity) added.add(worker, gap);
        else if (isFinal && worker !== this.me.name) added.end(worker);
      }
    } catch (error) {
      // One that cannot be read is no reason not to digest the others; fsck says why.
      if (!(error instanceof PopulationError)) throw error;
    }
  }

  /** @returns Whether all of it was read. */
  async #gatherFrom(
    worker: WorkerName,
    gap: readonly [number, number],
    isFinal: boolean,
    added: Coverage,
    outlines: RecordedOutline[],
  ): Promise<boolean> {
    for await (const { outline, range, isEnded } of outlinesIn(this.me.population, worker, gap)) {
      // What is torn for us may be whole in a moment: its writer is at it, or we see a part of what it wrote.
      if (!isEnded || (outline === undefined && !isFinal)) return false;
      if (outline !== undefined) outlines.push(outline);
      added.add(worker, [gap[0], range[1]]);
      if (outlines.length >= GATHERED) return false;
    }
    return true;
  }

  /** Whether what we see of its history is all that there is: our own, or that of one who left a while ago. */
  async #hasSettled(worker: WorkerName): Promise<boolean> {
    const { population, name } = this.me;
    if (worker === name) return true;
    const since = this.#leftSince.get(worker);
    if (since !== undefined) return population.clock.monotonic() - since >= SETTLED;
    if ((await readBeat(population, worker)) === LEFT)
      this.#leftSince.set(worker, population.clock.monotonic());
    return false;
  }

  /** In place: readers take no part of it before it is whole. */
  async #write(coverage: Coverage, outlines: readonly RecordedOutline[]): Promise<void> {
    const { population } = this.me;
    const name = digestName(this.me.name, ++this.#written, outlines.length);
    const directory = population.path(DIGESTS);
    try {
      await makeShared(population, DIGESTS);
      await ousting(population, [`${DIGESTS}/${name}`], () =>
        population.filesystem.write(`${directory}/${name}`, formatDigest(coverage, outlines)),
      );
      await population.filesystem.sync([`${directory}/${name}`]);
    } catch (error) {
      throw unfit(`${directory}/${name}`, error);
    }
    this.#covered.set(name, coverage);
  }

  async #remove(name: string): Promise<void> {
    const { population } = this.me;
    const below = `${DIGESTS}/${name}`;
    const file = population.path(below);
    try {
      if ((await ifPresent(population.filesystem.kind(file))) === 'directory')
        await setAside(population, below, 'in the place of a digest');
      else await ifPresent(population.filesystem.unlink(file));
    } catch (error) {
      throw unfit(file, error);
    }
    this.#covered.delete(name);
    this.#unfinished.delete(name);
  }
}

/** Who left, and left nothing behind. */
async function readRolled(population: Population, worker: WorkerName): Promise<RolledWorker | undefined> {
  for (const below of ['staging', 'trash'])
    if ((await population.listIfPresent(`${workerPath(worker)}/${below}`)).length > 0) return undefined;
  const document = await readWorker(population, worker);
  const totals = await findTotals(population, worker);
  return document === undefined || totals === undefined ? undefined : { document, totals };
}

/** The names of the files of a level that has many; of none where no level has. */
function crowdedLevel(names: readonly string[]): string[] {
  for (const level of new Set(names.map(levelOf))) {
    const files = names.filter((name) => levelOf(name) === level);
    if (level !== undefined && files.length >= FILES) return files.slice(0, FILES);
  }
  return [];
}

/** Files of one level are put together; undefined where one is large enough. */
function levelOf(name: string): number | undefined {
  const outlines = parseDigestName(name)?.outlines ?? 0;
  if (outlines >= LARGEST) return undefined;
  return Math.floor(Math.log(Math.max(1, outlines / WORTH_DIGESTING)) / Math.log(FILES));
}
