import { DIGESTS } from './digest-file.js';
import { ifPresent, unfit } from './filesystem-errors.js';
import { EXPERIMENT_FILE, type Entry, LOST_AND_FOUND, pathOf, workerPath } from './layout.js';
import type { Population } from './population.js';

/** What something takes of a disk: blocks, as quotas count them. */
export interface DiskUse {
  readonly bytes: number;
  readonly inodes: number;
}

/** What an experiment takes of its disk, and what for. */
export interface Gauged {
  readonly total: DiskUse;
  /** When those in training, and one more, have become as large as the largest that was seen there. */
  readonly expected: DiskUse;
  /** In training and alive. */
  readonly living: DiskUse;
  /** The dead that wait for their record. */
  readonly dead: DiskUse;
  readonly hallOfFame: DiskUse;
  /** Histories, and their digests. */
  readonly records: DiskUse;
  /** Workers, logs, orders, looks at the test set. */
  readonly others: DiskUse;
  /** Whether some folders were only taken to be like the others. */
  readonly isEstimate: boolean;
}

/** Folders that are looked into at each reading of those that nobody has looked into yet, and of those that change. */
const SAMPLE = 16;
/** The experiment's own directory, those of the states and of the workers, and what defines it. */
const FRAME = ['.', 'training', 'alive', 'dead', 'hall-of-fame', 'workers', EXPERIMENT_FILE];

/**
 * Reads what an experiment takes of its disk, again and again. A walk through thousands of folders takes minutes on a
 * network mount: each reading looks into a few more of those that never change, and takes the others to be like them.
 */
export class Gauge {
  readonly #known = new Map<string, DiskUse>();
  /** Of those in training that were looked into: checkpoints lie there until they are published. */
  #largest = NOTHING;

  constructor(private readonly population: Population) {}

  /** @throws PopulationError `UNFIT` when something cannot be looked at. */
  async read(): Promise<Gauged> {
    const { population } = this;
    const { training, alive } = await population.living();
    const dead = await population.dead();
    const hall = await population.hallOfFame();
    const workers = await population.list('workers');
    this.#forgetAllBut([...alive, ...dead, ...hall].map(pathOf));
    const inTraining = await this.#like(training.map(pathOf));
    const published = await this.#like(alive.map(pathOf), true);
    const grown = most(this.#largest, scale([published], alive.length === 0 ? 0 : 1 / alive.length));
    const parts = {
      living: add(inTraining, published),
      dead: await this.#like(dead.map(pathOf), true),
      hallOfFame: await this.#like(hall.map(pathOf), true),
      records: await this.#walkAll(['history', DIGESTS]),
      others: add(
        add(await this.#weighAll(FRAME), await this.#walkAll(['logs', 'control', 'tests', LOST_AND_FOUND])),
        await this.#like(workers.map(workerPath)),
      ),
    };
    const total = Object.values(parts).reduce(add);
    const isEstimate =
      [training, workers].some(({ length }) => length > SAMPLE) ||
      !this.#knowsAll([...alive, ...dead, ...hall]);
    const expected = add(total, less(scale([grown], training.length + 1), inTraining));
    return { total, expected, ...parts, isEstimate };
  }

  /** Some are looked into, and the others taken to be like them. */
  async #like(paths: readonly string[], areImmutable = false): Promise<DiskUse> {
    const fresh = paths.filter((path) => !this.#known.has(path));
    const stride = Math.max(1, fresh.length / SAMPLE);
    const looked: DiskUse[] = [];
    for (let index = 0; index < fresh.length; index += stride) {
      const path = fresh[Math.floor(index)] ?? '';
      const use = await this.#walk(path);
      looked.push(use);
      if (areImmutable) this.#known.set(path, use);
      else if (path.startsWith('training/')) this.#largest = most(this.#largest, use);
    }
    if (!areImmutable) return scale(looked, paths.length);
    return scale(
      paths.flatMap((path) => this.#known.get(path) ?? []),
      paths.length,
    );
  }

  #knowsAll(entries: readonly Entry[]): boolean {
    return entries.every((entry) => this.#known.has(pathOf(entry)));
  }

  #forgetAllBut(paths: readonly string[]): void {
    const kept = new Set(paths);
    for (const path of this.#known.keys()) if (!kept.has(path)) this.#known.delete(path);
  }

  async #walkAll(paths: readonly string[]): Promise<DiskUse> {
    let sum = NOTHING;
    for (const path of paths) sum = add(sum, await this.#walk(path));
    return sum;
  }

  async #walk(below: string): Promise<DiskUse> {
    const found = await this.#weigh(below);
    if (found === undefined || !found.isDirectory) return found ?? NOTHING;
    const names = await this.population.listIfPresent(below);
    return add(found, await this.#walkAll(names.map((name) => `${below}/${name}`)));
  }

  async #weighAll(paths: readonly string[]): Promise<DiskUse> {
    let sum = NOTHING;
    for (const path of paths) sum = add(sum, (await this.#weigh(path)) ?? NOTHING);
    return sum;
  }

  /** A file with several names counts in parts at each of them. */
  async #weigh(below: string): Promise<(DiskUse & { readonly isDirectory: boolean }) | undefined> {
    const path = this.population.path(below);
    try {
      const found = await ifPresent(this.population.filesystem.measure(path));
      if (found === undefined) return undefined;
      const { kind, bytes, names } = found;
      return { bytes: bytes / names, inodes: 1 / names, isDirectory: kind === 'directory' };
    } catch (error) {
      throw unfit(path, error);
    }
  }
}

const NOTHING: DiskUse = { bytes: 0, inodes: 0 };

function add(a: DiskUse, b: DiskUse): DiskUse {
  return { bytes: a.bytes + b.bytes, inodes: a.inodes + b.inodes };
}

function less(a: DiskUse, b: DiskUse): DiskUse {
  return { bytes: Math.max(0, a.bytes - b.bytes), inodes: Math.max(0, a.inodes - b.inodes) };
}

function most(a: DiskUse, b: DiskUse): DiskUse {
  return { bytes: Math.max(a.bytes, b.bytes), inodes: Math.max(a.inodes, b.inodes) };
}

/** What so many take, of whom these are some. */
function scale(some: readonly DiskUse[], count: number): DiskUse {
  const sum = some.reduce(add, NOTHING);
  const factor = some.length === 0 ? 0 : count / some.length;
  return { bytes: Math.round(sum.bytes * factor), inodes: Math.round(sum.inodes * factor) };
}
