import {
  type Entry,
  type IndividualId,
  type TrainingEntry,
  type WorkerName,
  isEarlierLife,
} from '@galapagos/population';
import type { WorkerEvent } from '@galapagos/worker';
import type { TraceLine } from '../support/bit-string-trainer.js';
import type { VirtualProcess } from './machines.js';

/** What the simulation knows of a worker and no file says. */
export interface Known {
  readonly process: VirtualProcess;
  name: WorkerName | undefined;
  /** Renames of its own that had happened before they were answered, by where they led. */
  readonly moved: Set<string>;
  /** Those that happened after they were answered. */
  readonly movedLate: Set<string>;
  /** The size that any count must have come to at least that began with its last listing of `training`. */
  leastSize: number;
  bornSinceListing: number;
  /** Whether it takes everybody for gone. */
  suspects: boolean;
  /** When it beat, the last times. */
  beats: number[];
  /** Since when it has beaten without a break. */
  beatsSince: number;
  /** Seconds between two of them that are no break. */
  longest: number;
  /** When it last looked at the beats of others, and since when it had then beaten itself without a break. */
  readonly looks: Map<WorkerName, { readonly at: number; readonly beatsSince: number }>;
}

/** Beats: more than a lease has, each in up to four parts. */
const REMEMBERED = 256;

/** The accounts that the simulation itself keeps: who was born, what was trained, who did what. */
export class Ledger {
  readonly born = new Set<IndividualId>();
  readonly #workers = new Map<VirtualProcess, Known>();
  /** Fitnesses that trainings came to, by individual, in the six digits of a name. */
  readonly trained = new Map<IndividualId, Set<string>>();
  /** What an event said that is not true. */
  readonly untruths: string[] = [];
  /** Whether anything has lost its power: what was not synced may be gone, and an admission undone. */
  powerWasLost = false;

  /** An account that goes on from another. */
  static after({ born, trained }: Pick<Ledger, 'born' | 'trained'>): Ledger {
    const ledger = new Ledger();
    for (const id of born) ledger.born.add(id);
    for (const [id, fitnesses] of trained) ledger.trained.set(id, new Set(fitnesses));
    return ledger;
  }

  know(process: VirtualProcess): Known {
    const known = {
      process,
      name: undefined,
      moved: new Set<string>(),
      movedLate: new Set<string>(),
      leastSize: 0,
      bornSinceListing: 0,
      suspects: false,
      beats: [],
      beatsSince: 0,
      longest: Infinity,
      looks: new Map(),
    };
    this.#workers.set(process, known);
    return known;
  }

  of(process: VirtualProcess): Known | undefined {
    return this.#workers.get(process);
  }

  named(name: WorkerName): Known | undefined {
    // A power cut may take a name, which is then given again.
    return [...this.#workers.values()].findLast((known) => known.name === name);
  }

  get workers(): Known[] {
    return [...this.#workers.values()];
  }

  heardTraining({ event, id, tenure, kind, fitness }: TraceLine): void {
    if (event === 'start') {
      // A power cut may take the evaluation, and the adoption with it.
      if (!this.powerWasLost && this.#evaluated.has(`${id}~${tenure}`))
        this.untruths.push(`${id} was evaluated when it was adopted, and is trained again`);
      if (!this.trained.has(id)) this.trained.set(id, new Set());
    } else if (kind === 'evaluated' && fitness !== undefined) {
      this.trained.get(id)?.add(fitness.toFixed(6));
    }
  }

  readonly #evaluated = new Set<string>();

  /** Whoever adopts it with this tenure finds an evaluation of it. */
  isEvaluated(id: IndividualId, tenure: number): void {
    this.#evaluated.add(`${id}~${tenure}`);
  }

  /** @param longest Seconds between two beats after which there was a break. */
  hasBeaten(process: VirtualProcess, now: number, longest: number): void {
    const known = this.#workers.get(process);
    if (known === undefined) return;
    if (now - (known.beats.at(-1) ?? -Infinity) > longest) known.beatsSince = now;
    known.beats = [...known.beats.slice(-REMEMBERED), now];
    known.longest = longest;
  }

  readBeat(process: VirtualProcess, worker: WorkerName, now: number): void {
    const known = this.#workers.get(process);
    if (known === undefined) return;
    const hasBreak = now - (known.beats.at(-1) ?? -Infinity) > known.longest;
    known.looks.set(worker, { at: now, beatsSince: hasBreak ? now : known.beatsSince });
  }

  /** Nobody is gone whose beats went on, nor for one whose own did not go through. */
  adopts(
    process: VirtualProcess,
    { id, worker }: TrainingEntry,
    { leaseSeconds, staleContents }: { leaseSeconds: number; staleContents: number },
  ): void {
    const owner = this.named(worker);
    const known = this.#workers.get(process);
    const look = known?.looks.get(worker);
    if (owner === undefined || owner.process === process || owner.process.isGone) return;
    if (look === undefined || known?.suspects === true) return;
    // Slurm says that it is gone; where it lives on all the same, its tenure ends.
    if (isEarlierLife(owner.process.identity, process.identity)) return;
    // No two clocks go at the same pace; what was seen is what was so a while before.
    const least = 0.97 * leaseSeconds - staleContents;
    const seen = look.at - staleContents;
    const silence = seen - (owner.beats.findLast((at) => at <= seen) ?? -Infinity);
    const isTaken = `${worker} lives, and ${id} was taken from it`;
    if (silence < least) this.untruths.push(`${isTaken} ${silence.toFixed(1)} s after a beat`);
    else if (look.at - look.beatsSince < least)
      this.untruths.push(`${isTaken} by one who could not beat itself`);
  }

  /** Whether a training of it came to this fitness. */
  hasFitness(id: IndividualId, fitness: number): boolean {
    return this.trained.get(id)?.has(fitness.toFixed(6)) === true;
  }

  wasTrained(id: IndividualId): boolean {
    return this.trained.has(id);
  }

  /** The size has changed, and with it what a count may come to that is under way. */
  sized(size: number, births: readonly Entry[]): void {
    for (const known of this.#workers.values()) {
      known.bornSinceListing += births.length;
      known.leastSize = Math.min(known.leastSize, size - known.bornSinceListing);
    }
  }

  counting(process: VirtualProcess, size: number): void {
    const known = this.#workers.get(process);
    if (known === undefined) return;
    known.leastSize = size;
    known.bornSinceListing = 0;
  }

  #wasKilled(id: IndividualId): boolean {
    return [...this.#workers.values()].some(({ moved }) =>
      [...moved].some((to) => to.startsWith(`dead/${id}~`)),
    );
  }

  /** What a worker says of itself must be so. */
  heard(known: Known, event: WorkerEvent): void {
    const has = (way: (path: string) => boolean) => [...known.moved].some(way);
    switch (event.event) {
      case 'joined':
        known.name = event.worker;
        return;
      case 'killed':
        if (![...known.moved, ...known.movedLate].some((to) => to.startsWith(`dead/${event.id}~`)))
          this.untruths.push(`${known.name} says that it killed ${event.id}, and did not`);
        return;
      case 'lost-race':
        if (has((to) => to.startsWith(`dead/${event.over}~`)))
          this.untruths.push(`${known.name} killed ${event.over}, and was told that it lost the race`);
        return;
      case 'taken-away':
        // Who is told of a failure, and looks only after somebody has killed it, cannot know that it was published.
        if (this.#wasKilled(event.id)) return;
        if (has((to) => to.startsWith('alive/') && to.split('~')[1] === event.id))
          this.untruths.push(`${known.name} published ${event.id}, and was told that it was taken away`);
        return;
      default:
        return;
    }
  }
}
