import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type End, Host, type WorkerArguments } from './host.js';
import type { On, Place } from './place.js';

export interface CrewOptions {
  readonly place: Place;
  readonly workers: number;
  readonly traces: string;
  /** All that a worker is started with, but for its trace. */
  readonly worker: Omit<WorkerArguments, 'trainer'> & { readonly trainer: object };
  readonly log: (line: string) => void;
}

/** How workers ended, by what it means. */
export interface Ends {
  /** By a signal, or with the host. */
  killed: number;
  /** The filesystem refused (exit code 5). */
  refused: number;
  /** The filesystem failed in a way that passes (exit code 1). */
  failed: number;
  left: number;
  /** Of the refused: those that had joined. */
  refusedAtWork: number;
}

interface Slot {
  readonly host: string;
  trace: string;
  state: 'down' | 'working';
}

/** The workers of all hosts; whoever ends is replaced, as a launcher would. */
export class Crew {
  readonly ends: Ends = { killed: 0, refused: 0, failed: 0, left: 0, refusedAtWork: 0 };
  readonly violations: string[] = [];
  started = 0;
  #isClosing = false;
  readonly #hosts = new Map<string, Host>();
  readonly #slots: Slot[];

  constructor(private readonly options: CrewOptions) {
    const { hosts } = options.place;
    this.#slots = Array.from({ length: options.workers }, (_, slot) => ({
      host: hosts[slot % hosts.length] ?? '',
      trace: '',
      state: 'down',
    }));
  }

  /** Puts an agent on a host. */
  async man(name: string): Promise<void> {
    const host = new Host(name, this.options.place.agent(name), (end) => this.#ended(end));
    this.#hosts.set(name, host);
    await host.ready;
  }

  /** Puts the workers of a host to work. */
  employ(name: string): void {
    for (const slot of this.#slots.keys()) if (this.#slots[slot]?.host === name) void this.#keep(slot);
  }

  /** The host of which one asks what the directory looks like: any that is up. */
  get observer(): Host {
    const host = [...this.#hosts.values()].find(({ isOver }) => !isOver);
    if (host === undefined) throw new Error('no host is up');
    return host;
  }

  host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    return host;
  }

  readonly on: On = (name, ...command) => this.host(name).run(command);

  /** The slots whose workers run. */
  get working(): number[] {
    return [...this.#slots.keys()].filter((slot) => this.#slots[slot]?.state === 'working');
  }

  /** The traces of the processes that run. */
  get traces(): string[] {
    return this.working.map((slot) => this.#slots[slot]?.trace ?? '');
  }

  /** Workers that ended otherwise than by leaving. */
  get violentEnds(): number {
    return this.ends.killed + this.ends.refused + this.ends.failed;
  }

  async signal(slot: number, signal: NodeJS.Signals): Promise<void> {
    await this.host(this.#slots[slot]?.host ?? '').signal(slot, signal);
  }

  async signalAll(signal: NodeJS.Signals): Promise<void> {
    for (const host of this.#hosts.values()) if (!host.isOver) await host.signalAll(signal);
  }

  /** From now on whoever ends is not replaced. */
  rest(): void {
    this.#isClosing = true;
  }

  /** From now on whoever ended is replaced again. */
  resume(): void {
    this.#isClosing = false;
    for (const name of this.#hosts.keys()) this.employ(name);
  }

  /** Waits until nobody works. */
  async allEnded(): Promise<void> {
    while (this.#slots.some(({ state }) => state !== 'down')) await sleep(50);
  }

  /** Waits until everybody works. */
  async allWork(): Promise<void> {
    while (this.#slots.some(({ state }) => state !== 'working')) await sleep(50);
  }

  async close(): Promise<void> {
    this.rest();
    for (const host of this.#hosts.values()) await host.close();
  }

  /** A host was switched off: its workers ended with it. */
  async lose(name: string): Promise<void> {
    await this.host(name).over;
    for (const slot of this.#slots) {
      if (slot.host !== name || slot.state === 'down') continue;
      slot.state = 'down';
      this.ends.killed++;
    }
  }

  async #keep(number: number): Promise<void> {
    const slot = this.#slots[number];
    const host = this.#hosts.get(slot?.host ?? '');
    if (slot === undefined || host === undefined || host.isOver || this.#isClosing || slot.state !== 'down')
      return;
    slot.state = 'working';
    const { traces, worker, place } = this.options;
    slot.trace = join(traces, `${String(++this.started).padStart(6, '0')}.jsonl`);
    try {
      await host.start(number, { ...worker, trainer: { ...worker.trainer, trace: slot.trace } }, place.env);
    } catch (error) {
      slot.state = 'down';
      if (!host.isOver) throw error;
    }
  }

  #ended({ slot: number, code, signal, words }: End): void {
    const slot = this.#slots[number];
    if (slot === undefined) return;
    slot.state = 'down';
    if (signal !== null) this.ends.killed++;
    else if (code === 0) this.ends.left++;
    else if (code === 5) this.#refused(slot);
    else if (code === 1) this.ends.failed++;
    else this.violations.push(`a worker ended with ${code}: ${words}`);
    if (code !== 0 && code !== null)
      this.options.log(`  worker ${number} ended with ${code}: ${words.trim()}`);
    // A launcher does not start again at once what cannot work.
    setTimeout(() => void this.#keep(number), signal === null ? 1000 : 100);
  }

  #refused({ trace }: Slot): void {
    this.ends.refused++;
    if (readFileSync(trace, 'utf8').includes('"event":"joined"')) this.ends.refusedAtWork++;
  }
}
