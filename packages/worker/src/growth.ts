import { seedOf } from '@galapagos/dna';
import {
  type Adoption,
  type Checkpoint,
  POPULATION_FORMAT,
  PopulationError,
  type TrainingEntry,
  beginTenure,
  bury,
  giveOrder,
  handBack,
  pathOf,
  publish,
  setAside,
  siteName,
  tenureFolder,
  writeAttempt,
  writeEvaluation,
} from '@galapagos/population';
import { Account } from './account.js';
import type { EvaluationRequest, Outcome } from './evaluate.js';
import { ifThereIsRoom, untilThereIsRoom } from './room.js';
import type { Shift } from './shift.js';

/** Trainings from scratch of one individual, where a failure may have been this machine's. */
const MOST_ATTEMPTS = 2;

type EvaluatedOutcome = Extract<Outcome, { kind: 'evaluated' }>;
type TrainingFailure = Extract<Outcome, { kind: 'failed' }>['failure'];

/** Brings a child of our own up: from admission to its life, or its grave. */
export async function raise(shift: Shift, entry: TrainingEntry): Promise<void> {
  await orSetAside(shift, entry, async () => {
    if (!(await beginTenure(shift.population, entry))) return loseTo(shift, entry);
    await train(shift, entry, 1, undefined);
  });
}

/** Brings up an adopted child, from where its last owner left it. */
export async function raiseAdopted(shift: Shift, adoption: Adoption): Promise<void> {
  await orSetAside(shift, adoption.entry, () => goOn(shift, adoption));
}

/** One among whose files is what no worker has written there goes out of the way, lest it stops everybody. */
async function orSetAside(shift: Shift, entry: TrainingEntry, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof PopulationError && error.code === 'INVALID')) throw error;
    await setAside(shift.population, pathOf(entry), error.message);
    shift.emit({ event: 'set-aside', id: entry.id, reason: error.message });
  }
}

async function goOn(shift: Shift, { entry, continuation }: Adoption): Promise<void> {
  switch (continuation.kind) {
    case 'evaluated':
      return await letLive(shift, entry, continuation.evaluation, 0);
    case 'killer': {
      const reason = `${continuation.tenures} workers in a row ended while training it, none got further than the one before`;
      return await putToDeath(shift, entry, { class: 'killer', reason, log: '' });
    }
    case 'resume':
      return await train(shift, entry, continuation.checkpoint.attempt, continuation.checkpoint);
    case 'scratch':
      return await train(shift, entry, continuation.attempt, undefined);
  }
}

async function train(
  shift: Shift,
  entry: TrainingEntry,
  attempt: number,
  resume: Checkpoint | undefined,
): Promise<void> {
  const { population } = shift;
  if (shift.exit.reason !== undefined) return await giveBack(shift, entry);
  const seed = seedOf(population.experiment.search.seed, entry.id, attempt);
  const begun = { attempt, seed, fromStep: resume?.step ?? 0 };
  if (!(await writeAttempt(population, entry, begun))) return loseTo(shift, entry);
  const outcome = await evaluate(shift, entry, { attempt, seed, resume });
  switch (outcome.kind) {
    case 'evaluated':
      return await accept(shift, entry, attempt, outcome);
    case 'handed-back':
      return await giveBack(shift, entry);
    case 'taken-away':
      return loseTo(shift, entry);
    case 'failed':
      return await retryOrBury(shift, entry, attempt, outcome.failure);
  }
}

async function evaluate(
  shift: Shift,
  entry: TrainingEntry,
  begun: Pick<EvaluationRequest, 'attempt' | 'seed' | 'resume'>,
): Promise<Outcome> {
  const { population, me, exit, emit } = shift;
  const { id } = entry;
  const account = new Account(me, population.clock);
  const abandon = new AbortController();
  // Not AbortSignal.any: of a signal that lives as long as the worker it would keep one for each training.
  const endNow = () => abandon.abort();
  exit.abandon.addEventListener('abort', endNow);
  shift.holding = { entry, abandon };
  try {
    const outcome = await shift.evaluate(
      {
        id,
        individual: population.path(pathOf(entry)),
        output: tenureFolder(population, entry),
        ...begun,
      },
      {
        handBack: exit.handBack,
        abandon: abandon.signal,
        onProgress: (progress) => {
          if (progress.spent !== undefined) account.spent(progress.spent);
          emit({ event: 'progress', id, progress });
        },
        onFull: (reason) => emit({ event: 'disk-full', reason }),
      },
    );
    await account.settle(outcome);
    // What was abandoned may have ended in any way, a crash above all: it does not count against the child.
    if (!abandon.signal.aborted || outcome.kind === 'evaluated') return outcome;
    return { ...outcome, kind: exit.abandon.aborted ? 'handed-back' : 'taken-away' };
  } catch (error) {
    await account.settle();
    await handBack(population, entry);
    throw error;
  } finally {
    shift.holding = undefined;
    exit.abandon.removeEventListener('abort', endNow);
  }
}

async function accept(
  shift: Shift,
  entry: TrainingEntry,
  attempt: number,
  { result, seconds }: EvaluatedOutcome,
): Promise<void> {
  const { population } = shift;
  const fitness = result.diverged ? 0 : result.fitness;
  // Under such a name nobody would find it again.
  if (!(fitness >= 0 && fitness <= 1)) {
    const reason = `the trainer gave fitness ${fitness}, which is not from 0 to 1`;
    return await retryOrBury(shift, entry, attempt, { class: 'crash', reason, log: '' });
  }
  shift.suspicion.allay();
  const evaluation = {
    format: POPULATION_FORMAT,
    id: entry.id,
    tenure: entry.tenure,
    attempt,
    ...result,
    fitness,
    evaluatedAt: population.clock.now().toISOString(),
  } as const;
  const evaluated = await untilThereIsRoom(shift, () => writeEvaluation(population, entry, evaluation));
  return evaluated ? await letLive(shift, entry, { ...result, fitness }, seconds) : loseTo(shift, entry);
}

async function letLive(
  shift: Shift,
  entry: TrainingEntry,
  { fitness, earlierBackends }: Pick<EvaluatedOutcome['result'], 'fitness' | 'earlierBackends'>,
  seconds: number,
): Promise<void> {
  const isPublished = await untilThereIsRoom(shift, () => publish(shift.population, entry, fitness));
  if (!isPublished) return loseTo(shift, entry);
  shift.me.totals.published++;
  const changed = earlierBackends === undefined ? {} : { earlierBackends };
  shift.emit({ event: 'published', id: entry.id, fitness, seconds, ...changed });
}

/** A limit holds on every machine; a crash, a lack of memory or a hang may have been this one's. */
async function retryOrBury(
  shift: Shift,
  entry: TrainingEntry,
  attempt: number,
  failure: TrainingFailure,
): Promise<void> {
  const { totals } = shift.me;
  totals.failures[failure.class] = (totals.failures[failure.class] ?? 0) + 1;
  shift.emit({ event: 'failed', id: entry.id, class: failure.class, reason: failure.reason, attempt });
  if (failure.class === 'over-limit') return await putToDeath(shift, entry, failure);
  // Whoever is leaving may have been the cause: its system takes down everything at once.
  if (shift.exit.reason !== undefined) return await giveBack(shift, entry);
  // What a sick machine failed is no fault of the child: it goes to another.
  if ((await shift.suspicion.raise()) && (await leaveSick(shift, failure)))
    return await giveBack(shift, entry);
  if (attempt >= MOST_ATTEMPTS) return await putToDeath(shift, entry, failure);
  return await train(shift, entry, attempt + 1, undefined);
}

/** Leaves, and has this site quarantined where it fails what others succeed at. @returns Whether it does. */
async function leaveSick(shift: Shift, failure: TrainingFailure): Promise<boolean> {
  const { population, me, suspicion, exit, emit } = shift;
  exit.leave('failure-limit');
  const found = await suspicion.diagnose(`${failure.class}: ${failure.reason}`);
  if (found === undefined) return false;
  const { site, reason } = found;
  await ifThereIsRoom(shift, async () => {
    await giveOrder(population, { order: 'quarantine', ...site, reason, by: me.name });
    emit({ event: 'quarantined', site: siteName(site), reason });
  });
  return true;
}

async function putToDeath(shift: Shift, entry: TrainingEntry, failure: TrainingFailure): Promise<void> {
  const isBuried = await untilThereIsRoom(shift, () => bury(shift.me, entry, failure));
  if (!isBuried) return loseTo(shift, entry);
  shift.emit({ event: 'buried', id: entry.id, class: failure.class, reason: failure.reason });
}

/** Leaves it to whoever adopts it; this tenure does not count against it. */
async function giveBack(shift: Shift, entry: TrainingEntry): Promise<void> {
  await ifThereIsRoom(shift, () => handBack(shift.population, entry));
  shift.emit({ event: 'handed-back', id: entry.id });
}

function loseTo(shift: Shift, { id }: TrainingEntry): void {
  shift.emit({ event: 'taken-away', id });
}
