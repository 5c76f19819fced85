import { type Random, SeededRandom, integer } from '@galapagos/dna';
import type { Filesystem } from '@galapagos/population';
import { contentsHash, hashOf, joined, type Hash, NOTHING, textOf, treeHash } from './state-hash.js';
import { type View, truth } from './disk.js';
import { Directory, type Inode, failure } from './inodes.js';
import type { Invariants } from './invariants.js';
import { Ledger } from './ledger.js';
import { VirtualProcess } from './machines.js';
import { filesystemOf } from './memory-filesystem.js';
import { expectOrder } from './order.js';
import type { Scene } from './scenes.js';
import { Turns, type Waiting, quiet } from './turns.js';
import { VirtualWorker } from './virtual-worker.js';
import { ROOT, type TraceLine, World } from './world.js';

interface Limits {
  readonly workers: number;
  /** How many workers may be killed. */
  readonly crashes: number;
  /** How often a worker that could go on is interrupted by another. @default without a bound */
  readonly preemptions?: number;
  /** Of a training; there is a checkpoint after each but the last. @default 2 */
  readonly steps?: number;
  /** How many renames may be answered with an error, and be carried out at any time later. */
  readonly late?: number;
  /** How many writes may find the disk full in the middle; it is freed at once. */
  readonly full?: number;
  /** How often the server may lose its power, and all workers end: names stay, contents that nobody had on disk do not. */
  readonly power?: number;
  /** Whether each takes the others for gone, though they live. */
  readonly suspicion?: boolean;
  /** Stop after so many runs. @default never */
  readonly runs?: number;
}

interface Explored {
  readonly runs: number;
  readonly states: number;
  /** How many orders of operations these are, with and without a crash. */
  readonly interleavings: bigint;
  readonly violation: string | undefined;
  /** The choices that led to it. */
  readonly choices: readonly number[];
  readonly trace: readonly TraceLine[];
  readonly isComplete: boolean;
}

/**
 * Explores every order in which the operations of some workers can happen, each with every crash. Each run begins at
 * the scene and follows its choices; what has been seen, by the directory and by what each worker has been answered
 * so far, is not gone into again.
 *
 * @param first The choices that all of them begin with.
 */
export async function explore(
  scene: Scene,
  limits: Limits,
  first: readonly number[] = [],
): Promise<Explored> {
  const seen = new Map<string, Map<number, string>>();
  const open: number[][] = [[...first]];
  let runs = 0;
  // Where not all can be explored, what is explored comes from everywhere.
  const random = new SeededRandom('exploration');
  const next = () =>
    limits.runs === undefined ? open.pop() : open.splice(integer(random, open.length), 1)[0];
  for (let choices = next(); choices !== undefined; choices = next()) {
    if (runs >= (limits.runs ?? Infinity)) return result(undefined, [], [], false);
    runs++;
    const run = new Run(scene, limits, choices, seen, open, false);
    const violation = await run.play();
    if (violation === undefined) continue;
    const again = new Run(scene, limits, run.taken, new Map(), [], true);
    await again.play();
    return result(violation, run.taken, again.world.trace ?? [], false);
  }
  return result(undefined, [], [], true);

  function result(
    violation: string | undefined,
    choices: readonly number[],
    trace: readonly TraceLine[],
    isComplete: boolean,
  ): Explored {
    const interleavings = isComplete ? countPaths(seen) : 0n;
    return { runs, states: seen.size, interleavings, violation, choices, trace, isComplete };
  }
}

const BEGIN = 'begin';
const END = 'end';

/** A worker does one thing, whatever it is, and leaves. */
const ONE_TURN = new Set(['published', 'lost-race', 'taken-away', 'buried', 'handed-back', 'waiting']);

interface Option {
  readonly waiting: Waiting;
  /** What happens instead of it. */
  readonly fault?: 'crash' | 'late' | 'full' | 'power';
  /** Whether another is interrupted that could go on. */
  readonly preempts: boolean;
}

/** One order of operations, from the scene to the end. */
class Run {
  readonly turns = new Turns();
  readonly world: World;
  readonly taken: number[] = [];
  readonly #answers = new Map<VirtualProcess, Hash>();
  readonly #workers: VirtualWorker[] = [];
  /** Those whose last operation that others could notice changed nothing. */
  readonly #isReading = new Set<VirtualProcess>();
  #crashes = 0;
  #late = 0;
  #full = 0;
  #powerCuts = 0;
  #preemptions = 0;
  #current: VirtualProcess | undefined;
  #state = BEGIN;
  #hasChanged = true;
  #violation: string | undefined;
  #invariants: Invariants | undefined;

  constructor(
    scene: Scene,
    private readonly limits: Limits,
    private readonly choices: readonly number[],
    private readonly seen: Map<string, Map<number, string>>,
    private readonly open: number[][],
    trace: boolean,
  ) {
    const turns = this.turns;
    this.world = new World(
      scene.options,
      turns,
      scene.disk.copy(() => turns.now),
      Ledger.after(scene.ledger),
    );
    if (trace) this.world.trace = [];
    this.world.connect = (process) => this.#connect(process);
  }

  /** @returns Which promise was broken. */
  async play(): Promise<string | undefined> {
    const { world, limits, turns } = this;
    const [host] = world.hosts;
    if (host === undefined) throw new Error('there is no host');
    world.start(host, 'gone').process.kill();
    const { setPoint } = world.options;
    // Who is admitted late was counted by nobody.
    const isCountExact = limits.late === undefined;
    const bounds = { setPoint, workers: limits.workers, isCountExact, areTotalsExact: true };
    const invariants = (this.#invariants = await world.watch(() => bounds));
    for (let count = 1; count <= limits.workers; count++) this.#start(`worker ${count}`, ONE_TURN);
    const check = async () => {
      if (!this.#hasChanged) return;
      this.#hasChanged = false;
      for (const problem of await invariants.check()) this.#violation ??= problem;
    };
    while (this.#violation === undefined) {
      await quiet();
      await check();
      if (this.#workers.every(({ isGone }) => isGone)) break;
      const options = this.#options();
      const choice = options.length === 0 ? undefined : this.#choose(options);
      if (choice === 'seen') return this.#violation;
      if (choice !== undefined) this.#take(choice);
      else if (!turns.pass()) this.#violation ??= 'somebody waits for ever';
    }
    if (this.#arrive(END + textOf(treeHash(world.disk.root))) === 'seen') return this.#violation;
    await this.#heal(check, invariants);
    for (const { mistake } of this.#workers) this.#violation ??= mistake;
    return this.#violation;
  }

  /** Another worker comes, and brings everything in order. */
  async #heal(check: () => Promise<void>, invariants: Awaited<ReturnType<World['watch']>>): Promise<void> {
    const { world, turns } = this;
    const { setPoint } = world.options;
    let own = 0;
    const healer = this.#start('healer', new Set(), ({ event }, worker) => {
      if (event === 'born') own++;
      if (event === 'published' && own > 0) worker.leave();
    });
    for (let step = 0; !healer.isGone && this.#violation === undefined; step++) {
      await quiet();
      await check();
      const [next] = turns.waiting();
      if (next !== undefined) turns.take(next);
      else if (!turns.pass()) this.#violation ??= 'the healer waits for ever';
      if (step > 20_000) this.#violation ??= 'the healer does not come to an end';
    }
    await quiet();
    await check();
    if (this.#violation !== undefined) return;
    const violate = (problem: string) => (this.#violation ??= problem);
    await expectOrder({ plan: { setPoint }, world, invariants, violate });
  }

  #start(
    label: string,
    leaveAfter: ReadonlySet<string>,
    onEvent?: (event: { event: string }, worker: VirtualWorker) => void,
  ): VirtualWorker {
    const [host] = this.world.hosts;
    if (host === undefined) throw new Error('there is no host');
    const worker: VirtualWorker = new VirtualWorker(this.world, host, label, {
      trainingSeconds: 0,
      steps: this.limits.steps ?? 2,
      suspects: this.limits.suspicion === true,
      politely: (_path, work) => work(),
      failing: 0,
      onEvent: (event) => {
        if (leaveAfter.has(event.event)) worker.leave();
        onEvent?.(event, worker);
      },
    });
    this.#workers.push(worker);
    return worker;
  }

  #connect(process: VirtualProcess): Filesystem {
    const { world } = this;
    this.#answers.set(process, NOTHING);
    // Whoever is slow may go on through the old path of a directory that was renamed.
    const view = this.limits.suspicion === true ? new OldPaths() : truth;
    return this.turns.filesystem(process, filesystemOf(world.disk, view), (waiting, outcome) => {
      const { operation, paths } = waiting;
      const code = outcome instanceof Error ? ((outcome as NodeJS.ErrnoException).code ?? 'error') : 'done';
      if (outcome === 'late') return this.#arrivesLate(waiting);
      if (!this.#isPrivate(waiting)) this.#isReading[changes(waiting) ? 'delete' : 'add'](process);
      world.onAsked(process, operation, paths[0] ?? '');
      world.onPerformed({
        process,
        operation,
        paths,
        outcome: code,
        hasMoved: operation === 'rename' && code === 'done',
      });
      if (world.takeChange()) this.#hasChanged = true;
      const answer =
        outcome instanceof Uint8Array
          ? contentsHash(outcome)
          : hashOf(`${operation} ${paths.join()} ${answerText(outcome)}`);
      this.#answers.set(process, joined(this.#answers.get(process) ?? NOTHING, answer));
    });
  }

  #arrivesLate({ process, operation, paths }: Waiting): void {
    this.#hasChanged = true;
    this.world.onPerformed({ process, operation, paths, outcome: 'late' });
  }

  /** What may happen next. What no other can notice happens at once; a crash only where something would be changed. */
  #options(): Option[] {
    const waiting = this.turns.waiting();
    // They join one after the other: that their names differ, mkdir sees to.
    const joining = waiting.find(({ process }) => {
      const worker = this.#workerOf(process);
      return worker !== undefined && worker.known.name === undefined;
    });
    if (joining !== undefined) return [{ waiting: joining, preempts: false }];
    const mayCrash = this.#crashes < this.limits.crashes;
    const mayBeLate = this.#late < (this.limits.late ?? 0);
    const mayBeFull = this.#full < (this.limits.full ?? 0);
    const mayLosePower = this.#powerCuts < (this.limits.power ?? 0);
    const withFaults = (one: Waiting, preempts: boolean): Option[] => {
      const go = { waiting: one, preempts };
      if (this.#workerOf(one.process) === undefined) return [go];
      return [
        go,
        ...(mayCrash && changes(one) ? [{ ...go, fault: 'crash' } as const] : []),
        ...(mayBeLate && isMove(one) ? [{ ...go, fault: 'late' } as const] : []),
        ...(mayBeFull && writes(one) ? [{ ...go, fault: 'full' } as const] : []),
        ...(mayLosePower && changes(one) ? [{ ...go, fault: 'power' } as const] : []),
      ];
    };
    const hidden = waiting.find((one) => this.#isPrivate(one) || this.#goesOnReading(one));
    if (hidden !== undefined) return withFaults(hidden, false);
    const current = waiting.find(({ process }) => process === this.#current);
    const others = waiting.filter((one) => one !== current);
    const mayPreempt = current === undefined || this.#preemptions < (this.limits.preemptions ?? Infinity);
    return [
      ...(current === undefined ? [] : withFaults(current, false)),
      ...(mayPreempt ? others.flatMap((one) => withFaults(one, current !== undefined)) : []),
    ];
  }

  #choose(options: readonly Option[]): Option | 'seen' | undefined {
    if (options.length === 1) return options[0];
    const index = this.taken.length;
    if (index >= this.choices.length) {
      if (this.#arrive(this.#stateWith(options)) === 'seen') return 'seen';
      for (let other = options.length - 1; other > 0; other--) this.open.push([...this.taken, other]);
    } else if (index === this.choices.length - 1) {
      // Here its own branch begins.
      this.#state = this.#stateWith(options);
    }
    const choice = this.choices[index] ?? 0;
    this.taken.push(choice);
    return options[choice];
  }

  /** The directory, and all that each worker knows; with bounds, what they leave. */
  #stateWith(options: readonly Option[]): string {
    const isBounded = this.limits.preemptions !== undefined;
    const mayStillLose = this.#powerCuts < (this.limits.power ?? 0);
    return [
      textOf(treeHash(this.world.disk.root)),
      ...this.#workers.map(({ processes }) =>
        processes
          .map((one) =>
            one.isGone ? '' : `${textOf(this.#answers.get(one) ?? NOTHING)} ${this.#isReading.has(one)}`,
          )
          .join('+'),
      ),
      ...options.map(({ waiting, fault }) => `${waiting.operation} ${fault}`),
      this.turns.now,
      this.#crashes,
      this.#late,
      this.#full,
      this.#powerCuts,
      mayStillLose ? this.world.disk.unsynced().join(' ') : '',
      isBounded ? `${this.#preemptions} ${this.#current?.pid}` : '',
    ].join();
  }

  #arrive(state: string): 'seen' | 'new' {
    const branch = this.taken.at(-1) ?? 0;
    const from = this.seen.get(this.#state) ?? new Map<number, string>();
    this.seen.set(this.#state, from.set(branch, state));
    this.#state = state;
    if (this.seen.has(state)) return 'seen';
    this.seen.set(state, new Map());
    return 'new';
  }

  #take({ waiting, fault, preempts }: Option): void {
    const { process, operation, paths } = waiting;
    if (preempts) this.#preemptions++;
    if (fault === undefined) {
      if (!this.#isPrivate(waiting)) this.#current = process;
      return this.turns.take(waiting);
    }
    const what = `${operation} ${paths.join(' -> ')}`;
    if (fault === 'crash') {
      this.#crashes++;
      this.world.say(this.world.names.get(process) ?? '', `is killed before ${what}`);
      return this.#workerOf(process)?.killAtOnce();
    }
    if (fault === 'full') return this.#fill(waiting);
    if (fault === 'power') return this.#losePower(what);
    this.#late++;
    this.world.say(this.world.names.get(process) ?? '', `is told ESTALE, too early, of ${what}`);
    const network = new VirtualProcess(process.host);
    this.world.names.set(network, 'the network');
    this.turns.delay(waiting, network, failure('ESTALE', paths[0] ?? ''));
  }

  /** It begins to write, and there is no room for all of it. */
  #fill(waiting: Waiting): void {
    this.#full++;
    const { disk } = this.world;
    const { capacity } = disk;
    disk.capacity = { ...capacity, bytes: disk.used.bytes + SOME };
    this.turns.take(waiting);
    disk.capacity = capacity;
  }

  #losePower(before: string): void {
    this.#powerCuts++;
    const { world } = this;
    world.say('', `the server loses its power, and the workers end, before ${before}`);
    for (const worker of this.#workers) worker.killAtOnce();
    // Who they are they wrote when they joined, which is longer ago than anything stays in memory.
    for (const path of world.disk.unsynced().filter((one) => one.endsWith('/worker.json')))
      world.disk.sync(world.disk.find(path, truth));
    world.disk.cutPower(THE_WORST);
    this.#hasChanged = true;
    this.#invariants?.powerWasLost();
  }

  #workerOf(process: VirtualProcess): VirtualWorker | undefined {
    return this.#workers.find(({ processes }) => processes.includes(process));
  }

  /**
   * What is read one after the other is read at one instant; but not the living, who are counted by two listings:
   * an individual may move between them.
   */
  #goesOnReading(waiting: Waiting): boolean {
    // Whoever lives and is taken for gone may find anything gone between any two.
    if (this.limits.suspicion === true) return false;
    const { process, operation, paths } = waiting;
    const isCounting = operation === 'list' && /\/(training|alive)$/.test(paths[0] ?? '');
    return this.#isReading.has(process) && !changes(waiting) && !isCounting;
  }

  /** Whether nobody else looks at what it is about: what nobody changes, and what is its own as long as it lives. */
  #isPrivate({ process, paths }: Waiting): boolean {
    const worker = this.#workerOf(process);
    const name = worker?.known.name;
    return paths.every((path) => {
      const [top = '', second = '', third = ''] = path.slice(ROOT.length + 1).split('/');
      if (top === 'experiment.json' || top === 'control' || top === 'history' || path === `${ROOT}/workers`)
        return true;
      if (top === 'workers' && OF_ONE_HAND.has(third)) return third !== 'beat' || worker?.isLeaving !== true;
      if (this.limits.suspicion === true) return false;
      // What is to come late comes from there.
      if (this.#late > 0 && third === 'staging') return false;
      return (top === 'workers' && second === name) || (top === 'training' && second.endsWith(`~${name}`));
    });
  }
}

/** Written by a worker itself, and looked at for signs of life alone. */
const OF_ONE_HAND = new Set(['beat', 'worker.json', 'worker.json.new', 'totals.json', 'totals.json.new']);

/** Directories stay where a process found them, whoever renames them: as on NFS, for a while. */
class OldPaths implements View {
  readonly host = '';
  readonly #known = new Map<Directory, Map<string, Inode>>();

  readonly look = (parent: Directory, name: string): Inode | undefined => {
    const found = parent.entries.get(name);
    const known = this.#known.get(parent) ?? new Map<string, Inode>();
    this.#known.set(parent, known);
    if (found instanceof Directory) known.set(name, found);
    return found ?? known.get(name);
  };
}

const READING: ReadonlySet<keyof Filesystem> = new Set<keyof Filesystem>([
  'list',
  'read',
  'readPart',
  'kind',
  'measure',
  'sync',
  'space',
]);

/** Bytes: less than a document has, more than a beat. */
const SOME = 50;

/** Of a power cut: no name is undone, nothing of the contents was written. */
const THE_WORST: Random = { next: () => 0 };

const WRITING: ReadonlySet<keyof Filesystem> = new Set<keyof Filesystem>([
  'write',
  'append',
  'create',
  'copy',
]);

function writes({ operation }: Waiting): boolean {
  return WRITING.has(operation);
}

/** Of an individual, to another state. */
function isMove({ operation, paths: [, to = ''] }: Waiting): boolean {
  return operation === 'rename' && /\/(training|alive|dead)\/[^/]+$/.test(to);
}

function changes({ operation }: Waiting): boolean {
  return !READING.has(operation);
}

function answerText(outcome: unknown): string {
  if (outcome instanceof Error) return (outcome as NodeJS.ErrnoException).code ?? outcome.message;
  return Array.isArray(outcome) ? outcome.join() : String(outcome);
}

/** How many ways lead from the beginning to an end. */
function countPaths(seen: ReadonlyMap<string, ReadonlyMap<number, string>>): bigint {
  const counts = new Map<string, bigint>();
  const stack = [BEGIN];
  while (stack.length > 0) {
    const state = stack.at(-1) ?? BEGIN;
    const next = [...(seen.get(state)?.values() ?? [])];
    const missing = next.filter((one) => !counts.has(one));
    if (missing.length > 0) stack.push(...missing);
    else {
      stack.pop();
      counts.set(
        state,
        next.length === 0 ? 1n : next.reduce((sum, one) => sum + (counts.get(one) ?? 0n), 0n),
      );
    }
  }
  return counts.get(BEGIN) ?? 0n;
}
