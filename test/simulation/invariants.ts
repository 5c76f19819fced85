import {
  type Entry,
  type IndividualId,
  type Population,
  type TrainingEntry,
  famousWithoutRecord,
  inSeveralPlaces,
  livingThoughRecorded,
  parseName,
  pathOf,
  problemsOf,
} from '@galapagos/population';
import { Directory, File, type Inode } from './inodes.js';
import type { Ledger } from './ledger.js';
import { type Witness, parsed } from './witness.js';

const STATES = ['training', 'alive', 'dead', 'hall-of-fame'] as const;

/** What bounds the size of the population. */
export interface SizeBounds {
  readonly setPoint: number;
  /** How many may decide at once, on the same count, that there is room. */
  readonly workers: number;
  /** Whether a listing may miss what moves, or an admission come late: then a count is no bound. */
  readonly isCountExact: boolean;
  /** Whether a rename may come late, and put what was half written in the place of totals. */
  readonly areTotalsExact: boolean;
}

/**
 * What must hold after every step, whatever was killed, cut off or filled up: looked at in the truth, with the
 * functions that `fsck` uses, and against the accounts that the simulation keeps.
 */
export class Invariants {
  readonly #entries = new Map<string, Entry | undefined>();
  /** The bytes of an individual's files when they were last looked at: by its id, of an evaluated one by its path. */
  readonly #whole = new Map<string, readonly (Uint8Array | undefined)[]>();
  readonly #recorded = new Set<IndividualId>();
  readonly #lines = new Map<string, Uint8Array | undefined>();
  #size = 0;

  constructor(
    private readonly witness: Witness,
    private readonly ledger: Ledger,
    /** Over the truth. */
    private readonly population: Population,
    private readonly bounds: () => SizeBounds,
  ) {}

  /** Training and alive. */
  get size(): number {
    return this.#size;
  }

  get recorded(): ReadonlySet<IndividualId> {
    return this.#recorded;
  }

  /** @returns Every broken promise. */
  async check(): Promise<string[]> {
    const folders = new Map<Entry, Inode>(STATES.flatMap((state) => this.#in(state)));
    const entries = [...folders.keys()];
    const isRecorded = (id: IndividualId) => this.#recorded.has(id);
    const problems = [
      ...this.#readHistory(),
      ...inSeveralPlaces(entries).map((places) => `${places.map(pathOf).join(' and ')}: in several places`),
      ...livingThoughRecorded(entries, isRecorded).map((entry) => `${pathOf(entry)} is recorded as dead`),
      ...famousWithoutRecord(entries, isRecorded).map((entry) => `${pathOf(entry)} has no record`),
      ...this.ledger.untruths.splice(0),
    ];
    problems.push(...this.#count(entries), ...this.#lost(entries), ...this.#totals());
    for (const entry of entries) {
      if (entry.state === 'alive' && !this.ledger.hasFitness(entry.id, entry.fitness))
        problems.push(`${pathOf(entry)}: no training came to this fitness`);
      const files = filesOf(entry, folders.get(entry));
      const key = 'fitness' in entry ? pathOf(entry) : entry.id;
      if (this.#whole.get(key)?.every((bytes, index) => bytes === files[index]) === true) continue;
      const found = await problemsOf(this.population, entry);
      problems.push(...found.map(({ problem }) => `${pathOf(entry)}: ${problem}`));
      this.#whole.set(key, files);
    }
    return problems;
  }

  /** Power was lost: of admissions that were undone nothing is left but staging. */
  powerWasLost(): void {
    this.ledger.powerWasLost = true;
    this.#recorded.clear();
    this.#lines.clear();
    const staged = new Set(
      this.witness.names('workers').flatMap((name) => this.witness.names(`workers/${name}/staging`)),
    );
    for (const id of staged) this.ledger.born.delete(id);
    this.#size = this.#in('training').length + this.#in('alive').length;
  }

  #in(state: Entry['state']): [Entry, Inode][] {
    return [...this.witness.entries(state)].flatMap(([name, inode]) => {
      const key = `${state}/${name}`;
      let entry = this.#entries.get(key);
      if (entry === undefined) this.#entries.set(key, (entry = parseName(state, name)));
      return entry === undefined ? [] : [[entry, inode] as [Entry, Inode]];
    });
  }

  /** Whoever is in training for the first time is born: not into a population that was full all the while. */
  #count(entries: readonly Entry[]): string[] {
    const { setPoint, workers, isCountExact } = this.bounds();
    const living = entries.filter(({ state }) => state === 'training' || state === 'alive');
    const births = living.filter(({ id }) => !this.ledger.born.has(id));
    const problems: string[] = [];
    for (const birth of births) {
      this.ledger.born.add(birth.id);
      const { worker } = birth as TrainingEntry;
      const known = this.ledger.named(worker ?? '');
      if (isCountExact && known !== undefined && known.leastSize >= setPoint)
        problems.push(`${pathOf(birth)} was admitted, and the population was full all the while`);
    }
    this.#size = living.length;
    this.ledger.sized(this.#size, births);
    if (births.length > 0 && isCountExact && this.#size > setPoint + workers - 1)
      problems.push(`${this.#size} live: more than ${setPoint}, and ${workers} workers less one`);
    return problems;
  }

  /** Nobody is gone without a record, and nobody has a record who never was. */
  #lost(entries: readonly Entry[]): string[] {
    const here = new Set(entries.map(({ id }) => id));
    for (const worker of this.witness.names('workers')) {
      for (const name of this.witness.names(`workers/${worker}/trash`)) {
        const [id = '', tenure] = name.split('~');
        if (tenure !== undefined) here.add(id);
      }
    }
    const { born } = this.ledger;
    return [
      ...[...born]
        .filter((id) => !here.has(id) && !this.#recorded.has(id))
        .map((id) => `${id} is gone without a record`),
      ...[...this.#recorded].filter((id) => !born.has(id)).map((id) => `${id} is recorded, and never was`),
    ];
  }

  /** Totals are written before an admission, so that no birth goes uncounted; a power cut may take them. */
  #totals(): string[] {
    if (this.ledger.powerWasLost || !this.bounds().areTotalsExact) return [];
    let counted = 0;
    for (const worker of this.witness.names('workers')) {
      counted += this.#births(worker);
    }
    const { size } = this.ledger.born;
    return counted < size ? [`${size} were born, and the totals count ${counted}`] : [];
  }

  readonly #totalsOf = new Map<string, { readonly bytes: Uint8Array | undefined; readonly births: number }>();

  #births(worker: string): number {
    const file = `workers/${worker}/totals.json`;
    const bytes = this.witness.bytes(file);
    const known = this.#totalsOf.get(worker);
    if (known?.bytes === bytes) return known?.births ?? 0;
    const births = Number(this.witness.json(file)?.['births'] ?? 0);
    this.#totalsOf.set(worker, { bytes, births });
    return births;
  }

  #readHistory(): string[] {
    const problems: string[] = [];
    for (const file of this.witness.names('history')) {
      const bytes = this.witness.bytes(`history/${file}`);
      if (this.#lines.get(file) === bytes) continue;
      this.#lines.set(file, bytes);
      for (const line of new TextDecoder().decode(bytes).split('\n')) {
        const record = parsed(line);
        if (record === undefined) continue;
        const id = String(record['id']);
        this.#recorded.add(id);
        // What was trained says so; a power cut may take it, as nothing depends on it.
        const isWhole =
          (record['evaluation'] !== null || record['failure'] !== null) &&
          (record['attempt'] !== null || this.ledger.powerWasLost || !this.ledger.wasTrained(id));
        if (!isWhole) problems.push(`history/${file}: the record of ${id} is not whole`);
      }
    }
    return problems;
  }
}

/** The files that an individual's soundness hangs on. */
function filesOf(entry: Entry, folder: Inode | undefined): (Uint8Array | undefined)[] {
  const documents = [bytesIn(folder, 'dna.json'), bytesIn(folder, 'birth.json')];
  if (!('fitness' in entry)) return documents;
  const own = folder instanceof Directory ? folder.entries.get(String(entry.tenure)) : undefined;
  return [...documents, bytesIn(own, 'evaluation.json'), bytesIn(own, 'weights.safetensors')];
}

function bytesIn(folder: Inode | undefined, name: string): Uint8Array | undefined {
  const file = folder instanceof Directory ? folder.entries.get(name) : undefined;
  return file instanceof File ? file.data : undefined;
}
