import { type Random, SeededRandom, seedOf } from '@galapagos/dna';
import {
  type Experiment,
  type Filesystem,
  type Host,
  POPULATION_FORMAT,
  Population,
  boundsSchema,
  createExperiment,
  parseName,
  searchSchema,
} from '@galapagos/population';
import { ClientCache } from './client-cache.js';
import { Disk } from './disk.js';
import { Invariants, type SizeBounds } from './invariants.js';
import { type Known, Ledger } from './ledger.js';
import { type SlurmTask, type Time, VirtualHost, VirtualProcess } from './machines.js';
import { filesystemOf } from './memory-filesystem.js';
import { type Performed, type Server, mount } from './mount.js';
import { type Weaknesses, sound } from './weaknesses.js';
import { Witness } from './witness.js';

export const ROOT = '/experiment';

export interface WorldOptions {
  readonly seed: string;
  readonly setPoint: number;
  readonly leaseSeconds: number;
  readonly hallOfFame: number;
  /** The budget: how many may be born. @default without a bound */
  readonly individuals?: number | undefined;
  readonly hosts: number;
  /** Whether no process sees another's, not even on the same host. */
  readonly hasContainers: boolean;
}

/** A line of what happened: when, who, what, with which outcome. */
export type TraceLine = readonly [seconds: number, who: string, what: string, outcome: string];

/** What somebody waits for a process to be about to do. */
interface Awaited {
  readonly process: VirtualProcess;
  readonly operation: keyof Filesystem;
  readonly path: RegExp;
  readonly tell: () => void;
}

/** A cluster: hosts, a shared filesystem, an experiment in it, and those who look whether it keeps its promises. */
export class World implements Server {
  readonly random: Random;
  readonly witness: Witness;
  readonly hosts: VirtualHost[];
  #weaknesses: Weaknesses = sound;
  /** Whether anything may ever have been seen half written. */
  #tears = false;
  /** What each process is called in the trace. */
  readonly names = new Map<VirtualProcess, string>();
  trace: TraceLine[] | undefined;
  /** Operations that were carried out. */
  steps = 0;
  #hasChanged = false;
  #awaited: Awaited[] = [];
  readonly #caches = new Map<VirtualHost, ClientCache>();

  constructor(
    readonly options: WorldOptions,
    readonly time: Time,
    readonly disk = new Disk(() => time.now),
    readonly ledger = new Ledger(),
  ) {
    this.witness = new Witness(this.disk, ROOT);
    this.random = new SeededRandom(seedOf(options.seed, 'world'));
    this.hosts = Array.from({ length: options.hosts }, (_, n) => {
      const skew = { seconds: 600 * (this.random.next() - 0.5), rate: 1 + 0.02 * (this.random.next() - 0.5) };
      return new VirtualHost(`host${n + 1}`, time, skew, options.hasContainers);
    });
  }

  get weaknesses(): Weaknesses {
    return this.#weaknesses;
  }

  set weaknesses(weaknesses: Weaknesses) {
    this.#weaknesses = weaknesses;
    this.#tears ||= weaknesses.tearing > 0;
  }

  /** Makes an empty population, and has it on disk. */
  async found(): Promise<void> {
    const filesystem = this.truth;
    await createExperiment({ filesystem, random: this.#random('make') }, ROOT, experimentOf(this.options));
    await filesystem.sync([ROOT]);
  }

  /** Those who look whether promises are kept, over the truth. */
  async watch(bounds: () => SizeBounds): Promise<Invariants> {
    const nobody = new VirtualProcess(new VirtualHost('nowhere', this.time, { seconds: 0, rate: 1 }, false));
    const ground = { filesystem: this.truth, clock: nobody.clock, random: this.#random('watch') };
    return new Invariants(this.witness, this.ledger, await Population.open(ROOT, ground), bounds);
  }

  /** The filesystem as it really is. */
  get truth(): Filesystem {
    return filesystemOf(this.disk);
  }

  /** Sees everything: who lives, on any host. */
  get omniscience(): Host {
    return {
      identity: () => Promise.resolve({ host: '', bootId: '', pidNamespace: '', pid: 0, processStart: '' }),
      isGone: ({ host, pid }) =>
        Promise.resolve(this.hosts.find(({ name }) => name === host)?.processes[pid - 1]?.isGone === true),
    };
  }

  /** A new process on a host, in a task of Slurm perhaps, and its mount. */
  start(
    host: VirtualHost,
    name: string,
    task?: SlurmTask,
  ): { process: VirtualProcess; filesystem: Filesystem } {
    const process = new VirtualProcess(host, task);
    this.names.set(process, name);
    return { process, filesystem: this.connect(process) };
  }

  /** What a process sees of the filesystem. */
  connect(process: VirtualProcess): Filesystem {
    return mount(this, process, this.#cacheOf(process.host));
  }

  /** The experiment as a process sees it. */
  async open(process: VirtualProcess, filesystem: Filesystem): Promise<Population> {
    const random = this.#random(`${this.names.get(process)} ${process.pid}`);
    return await Population.open(ROOT, { filesystem, clock: process.clock, random });
  }

  /** Resolves when a process is about to do something of this kind. */
  isAbout(process: VirtualProcess, what: Pick<Awaited, 'operation' | 'path'>): Promise<void> {
    return new Promise((tell) => this.#awaited.push({ process, ...what, tell }));
  }

  onAsked(process: VirtualProcess, operation: keyof Filesystem, path: string): void {
    if (this.#awaited.length > 0) this.#tell(process, operation, path);
    if (operation !== 'list' || path !== `${ROOT}/training`) return;
    this.ledger.counting(process, this.#size());
  }

  onPerformed({ process, operation, paths, outcome, hasMoved = false }: Performed): void {
    this.steps++;
    // What a worker does in its own folder changes nothing that is promised, but for its renames.
    const isPrivate = operation !== 'rename' && paths.every((path) => path.startsWith(`${ROOT}/workers/`));
    if (CHANGING.has(operation) && !isPrivate) this.#hasChanged = true;
    if (outcome === 'done' || outcome === 'begun') this.#hearBeats(process, operation, paths[0] ?? '');
    if (operation !== 'rename' && this.trace === undefined) return;
    const below = paths.map((path) => path.slice(ROOT.length + 1));
    if (outcome === 'late') this.ledger.of(process)?.movedLate.add(below[1] ?? '');
    if (hasMoved) this.#moved(process, below[0] ?? '', below[1] ?? '');
    this.say(this.names.get(process) ?? '', `${operation} ${below.join(' -> ')}`, outcome);
  }

  say(who: string, what: string, outcome = ''): void {
    this.trace?.push([this.time.now, who, what, outcome]);
  }

  /** Whether there is anything new to check. */
  takeChange(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  /** All hosts and the server lose their power. */
  losePower(): void {
    for (const host of this.hosts) host.losePower({ withServer: true });
    this.disk.cutPower(this.random);
    this.#hasChanged = true;
  }

  #tell(process: VirtualProcess, operation: keyof Filesystem, path: string): void {
    const isIt = (one: Awaited) =>
      one.process === process && one.operation === operation && one.path.test(path);
    for (const { tell } of this.#awaited.filter(isIt)) tell();
    this.#awaited = this.#awaited.filter((one) => !isIt(one));
  }

  #random(what: string): Random {
    return new SeededRandom(seedOf(this.options.seed, what));
  }

  #size(): number {
    return this.witness.names('training').length + this.witness.names('alive').length;
  }

  #hearBeats(process: VirtualProcess, operation: keyof Filesystem, path: string): void {
    if (!path.endsWith('/beat')) return;
    const worker = path.split('/').at(-2) ?? '';
    if (operation === 'read') this.ledger.readBeat(process, worker, this.time.now);
    else this.ledger.hasBeaten(process, this.time.now, this.options.leaseSeconds / 2 + this.#slowness);
  }

  /** Who says so has it in its own folder, from where nobody else takes it away; unless the individual was taken over since. */
  goesOnFromCheckpoint(
    { name }: Known,
    { id, tenure }: { readonly id: string; readonly tenure: number },
  ): void {
    const own = `training/${id}~${tenure}~${name}`;
    if (!this.witness.names('training').includes(own.slice('training/'.length))) return;
    if (this.witness.names(`${own}/${tenure}`).some((file) => file.startsWith('checkpoint~'))) return;
    this.ledger.untruths.push(`${name} says that it goes on with ${id} from a checkpoint, and has none`);
  }

  #moved(process: VirtualProcess, from: string, to: string): void {
    this.ledger.of(process)?.moved.add(to);
    const orphan = parseName('training', from.slice('training/'.length));
    if (!to.startsWith('training/') || orphan === undefined) return;
    const { staleContents } = this.weaknesses;
    // Whoever has said that it left may still be about to end.
    const hasLeft = this.witness.text(`workers/${orphan.worker}/beat`).trim() === 'left';
    // Of two beats that are seen half written nobody can say that they are two.
    if (!hasLeft && !this.#tears)
      this.ledger.adopts(process, orphan, { leaseSeconds: this.options.leaseSeconds, staleContents });
    const isSeen = this.weaknesses.staleHandles === 0 && this.weaknesses.failing === 0;
    const below = `${to}/${orphan.tenure}`;
    const isEvaluated =
      this.witness.json(`${below}/evaluation.json`) !== undefined &&
      this.witness.bytes(`${below}/weights.safetensors`) !== undefined;
    if (isSeen && isEvaluated && !this.ledger.powerWasLost)
      this.ledger.isEvaluated(orphan.id, orphan.tenure + 1);
  }

  /** Seconds that two beats of a worker that lives may be further apart than it knows. */
  get #slowness(): number {
    const { hanging, hang, latency } = this.weaknesses;
    return 3 + (hanging > 0 ? 2 * hang : 10 * latency[1]);
  }

  #cacheOf(host: VirtualHost): ClientCache {
    const cache =
      this.#caches.get(host) ??
      new ClientCache(
        host.name,
        this.random,
        () => this.time.now,
        () => this.weaknesses,
      );
    this.#caches.set(host, cache);
    return cache;
  }
}

const CHANGING: ReadonlySet<keyof Filesystem> = new Set<keyof Filesystem>([
  'write',
  'append',
  'create',
  'makeDirectory',
  'rename',
  'link',
  'copy',
  'unlink',
  'removeDirectory',
]);

function experimentOf(options: WorldOptions): Experiment {
  const { seed, setPoint, leaseSeconds, hallOfFame } = options;
  const individuals = options.individuals ?? null;
  return {
    format: POPULATION_FORMAT,
    createdAt: '2017-03-03T00:00:00.000Z',
    version: '0.0.0-test',
    search: searchSchema.parse({
      seed,
      populationSize: setPoint,
      image: { height: 8, width: 8, channels: 1 },
    }),
    data: {},
    dataChecksum: '',
    classes: ['0', '1'],
    training: {},
    bounds: boundsSchema.parse({ leaseSeconds, hallOfFame, individuals }),
  };
}
