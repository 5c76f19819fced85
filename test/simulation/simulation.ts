import { SeededRandom, integer, seedOf } from '@galapagos/dna';
import { type Fault, drawFaults, drawRequeues } from './faults.js';
import type { Invariants } from './invariants.js';
import { expectOrder } from './order.js';
import { Staff } from './staff.js';
import { strike } from './strike.js';
import { Timeline } from './timeline.js';
import { kinds, sound } from './weaknesses.js';
import { type TraceLine, World } from './world.js';

export interface Plan {
  readonly workers: number;
  readonly hosts: number;
  readonly setPoint: number;
  readonly filesystem: keyof typeof kinds;
  readonly leaseSeconds: number;
  readonly trainingSeconds: number;
  readonly faults: readonly Fault[];
  /** Whether all go on for two leases after the last fault; else only one does, who has to do everything. */
  readonly isTeamKept: boolean;
}

export interface SimulationOptions {
  /** Virtual workers at a time. @default 2 to 4 */
  readonly workers?: number;
  /** Indices of faults that are left out. */
  readonly without?: ReadonlySet<number>;
  readonly trace?: boolean;
}

export interface Outcome {
  readonly seed: string;
  readonly plan: Plan;
  readonly steps: number;
  readonly births: number;
  /** Which promise was broken; undefined where all were kept. */
  readonly violation: string | undefined;
  readonly trace: readonly TraceLine[];
}

/** Draws what a seed stands for. */
export function planOf(seed: string, { workers, without = new Set() }: SimulationOptions): Plan {
  const random = new SeededRandom(seedOf(seed, 'plan'));
  const drawn = 2 + integer(random, 2);
  const count = workers ?? drawn;
  const filesystem = random.next() < 0.5 ? 'local disk' : 'network mount';
  // Shorter than what a mount may hang, so that the living are taken for gone: no promise rests on a lease.
  const leaseSeconds = filesystem === 'local disk' ? 10 : ([15, 15, 60][integer(random, 3)] ?? 60);
  return {
    workers: count,
    filesystem,
    hosts: filesystem === 'local disk' ? 1 : 1 + integer(random, Math.min(4, count)),
    setPoint: Math.max(2, count + integer(random, count + 1)),
    leaseSeconds,
    trainingSeconds: leaseSeconds * (0.2 + random.next()),
    isTeamKept: random.next() < 0.25,
    // What came later draws from a chance of its own, so that the others stay what they were.
    faults: [
      ...drawFaults(random, leaseSeconds),
      ...drawRequeues(new SeededRandom(seedOf(seed, 'requeues')), leaseSeconds),
    ].filter((_, index) => !without.has(index)),
  };
}

/** How many may work at a time: who was in a task before it was queued again may live on. */
function mostWorkers({ workers, faults }: Plan): number {
  return workers + faults.filter(({ kind }) => kind === 'requeue').length;
}

/** A schedule under way. */
export interface Schedule {
  readonly plan: Plan;
  readonly world: World;
  readonly invariants: Invariants;
  readonly staff: Staff;
  /** Simulated seconds. */
  readonly wait: (seconds: number) => Promise<void>;
  /** Notes that a promise was broken; the first one ends the schedule. */
  readonly violate: (problem: string) => void;
}

/** Runs the schedule of a seed: a time of faults, two leases to recover, and then everything as it should be. */
export async function simulate(seed: string, options: SimulationOptions = {}): Promise<Outcome> {
  const plan = planOf(seed, options);
  const timeline = new Timeline();
  const random = new SeededRandom(seedOf(seed, 'story'));
  const weaknesses = kinds[plan.filesystem](random);
  const areTotalsExact = weaknesses.lateRenames === 0;
  const isCountExact = weaknesses.listing === 0 && weaknesses.staleListing === 0 && areTotalsExact;
  const { leaseSeconds, setPoint, hosts } = plan;
  const workers = mostWorkers(plan);
  const hallOfFame = integer(random, 3);
  const hasContainers = random.next() < 0.3;
  const world = new World({ seed, setPoint, leaseSeconds, hallOfFame, hosts, hasContainers }, timeline);
  await world.found();
  const invariants = await world.watch(() => ({ setPoint, workers, isCountExact, areTotalsExact }));
  world.weaknesses = weaknesses;
  if (options.trace === true) world.trace = [];

  let violation: string | undefined;
  const violate = (problem: string) => {
    violation ??= problem;
  };
  const wait = (seconds: number) => new Promise<void>((resolve) => timeline.after(seconds, resolve));
  const staff = new Staff({ plan, world, wait, violate }, random);
  let isOver = false;
  void tell({ plan, world, invariants, staff, wait, violate })
    .catch((error: unknown) => violate(error instanceof Error ? String(error.stack) : String(error)))
    .then(() => (isOver = true));
  while (!isOver && violation === undefined) {
    // Everybody who can go on without an answer has done so by then.
    await new Promise((resolve) => setImmediate(resolve));
    if (!timeline.step()) break;
    if (world.takeChange()) for (const problem of await invariants.check()) violate(problem);
  }
  const births = world.ledger.born.size;
  return { seed, plan, steps: world.steps, births, violation, trace: world.trace ?? [] };
}

/** Leases after the last fault in which all litter is found and cleared; the set point takes two. */
const SETTLING = 3.5;

async function tell(schedule: Schedule): Promise<void> {
  const { plan, world, invariants, staff, wait, violate } = schedule;
  const { leaseSeconds } = plan;
  staff.hire();
  const strikes = plan.faults.map(async (fault) => {
    await wait(fault.at);
    await strike(schedule, fault);
  });
  await Promise.all([wait(leaseSeconds), ...strikes]);
  world.weaknesses = { ...sound, latency: world.weaknesses.latency };
  // What is under way comes to its end, and all places are filled.
  await wait(plan.filesystem === 'local disk' ? 0.6 * leaseSeconds : 30);
  world.say('', 'the last fault is over');
  if (plan.isTeamKept) {
    await wait(2 * leaseSeconds);
    expectSetPoint(schedule);
  }
  const last = await staff.dismissAllButOne();
  if (last === undefined) return violate('nobody works when all faults are over');
  const until = world.time.now + SETTLING * leaseSeconds;
  while (leftByGone(world).length > 0) {
    if (world.time.now > until) return violate(`nobody clears away ${leftByGone(world).join(', ')}`);
    await wait(0.2 * leaseSeconds);
  }
  // It refills what is missing, and an overshoot shrinks by one with each of its tournaments.
  const isDone = () => invariants.size === plan.setPoint && world.witness.names('training').length === 0;
  await staff.letWork(last, isDone);
  await expectOrder(schedule);
}

/** What those left in staging and trash who are gone. */
function leftByGone({ witness, ledger }: World): string[] {
  return witness
    .names('workers')
    .filter((worker) => ledger.named(worker)?.process.isGone !== false)
    .flatMap((worker) => [`workers/${worker}/staging`, `workers/${worker}/trash`])
    .flatMap((place) => witness.names(place).map((name) => `${place}/${name}`));
}

function expectSetPoint({ plan, invariants: { size }, violate }: Schedule): void {
  const { setPoint } = plan;
  const workers = mostWorkers(plan);
  if (size < setPoint - workers || size > setPoint + workers - 1)
    violate(`${size} live two leases after the last fault, not ${setPoint}`);
}
