import { seedOf } from '@galapagos/dna';
import {
  type Adoption,
  type Checkpoint,
  POPULATION_FORMAT,
  type TrainingEntry,
  beginTenure,
  bury,
  handBack,
  pathOf,
  publish,
  tenureFolder,
  writeAttempt,
  writeEvaluation,
} from '@galapagos/population';
import type { Outcome } from './evaluate.js';
import type { Shift } from './shift.js';

/** Trainings from scratch of one individual, where a failure may have been this machine's. */
const MOST_ATTEMPTS = 2;
/** Failures in a row after which a worker distrusts its machine. */
const FAILURE_LIMIT = 5;

type FailedOutcome = Extract<Outcome, { kind: 'failed' }>;

/** Brings a child of our own up: from admission to its life, or its grave. */
export async function raise(shift: Shift, entry: TrainingEntry): Promise<void> {
  if (!(await beginTenure(shift.population, entry))) return;
  await train(shift, entry, 1, undefined);
}

/** Brings up an adopted child, from where its last owner left it. */
export async function raiseAdopted(shift: Shift, { entry, continuation }: Adoption): Promise<void> {
  switch (continuation.kind) {
    case 'evaluated':
      return await letLive(shift, entry, continuation.evaluation.fitness, 0);
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
  const { population, me } = shift;
  const seed = seedOf(population.experiment.search.seed, entry.id, attempt);
  const begun = { attempt, seed, fromStep: resume?.step ?? 0 };
  if (!(await writeAttempt(population, entry, begun)))
    return shift.emit({ event: 'taken-away', id: entry.id });
  const outcome = await evaluate(shift, entry, attempt, seed, resume);
  if (outcome === undefined) return shift.emit({ event: 'taken-away', id: entry.id });
  me.totals.seconds += outcome.seconds;
  me.totals.flops += outcome.flops;
  switch (outcome.kind) {
    case 'evaluated': {
      shift.failuresInARow = 0;
      const evaluation = {
        format: POPULATION_FORMAT,
        id: entry.id,
        tenure: entry.tenure,
        attempt,
        ...outcome.result,
        evaluatedAt: population.clock.now().toISOString(),
      } as const;
      if (!(await writeEvaluation(population, entry, evaluation))) {
        return shift.emit({ event: 'taken-away', id: entry.id });
      }
      return await letLive(shift, entry, evaluation.fitness, outcome.seconds);
    }
    case 'handed-back':
      await handBack(population, entry);
      return shift.emit({ event: 'handed-back', id: entry.id });
    case 'taken-away':
      return shift.emit({ event: 'taken-away', id: entry.id });
    case 'failed':
      return await retryOrBury(shift, entry, attempt, outcome);
  }
}

/** @returns Undefined when the individual was taken away meanwhile, or there was no time to end it. */
async function evaluate(
  shift: Shift,
  entry: TrainingEntry,
  attempt: number,
  seed: string,
  resume: Checkpoint | undefined,
): Promise<Outcome | undefined> {
  const { population, exit } = shift;
  const abandon = new AbortController();
  shift.holding = { id: entry.id, abandon };
  const signal = AbortSignal.any([abandon.signal, exit.abandon]);
  try {
    const outcome = await shift.evaluate(
      {
        id: entry.id,
        individual: population.path(pathOf(entry)),
        output: tenureFolder(population, entry),
        attempt,
        seed,
        resume,
      },
      {
        handBack: exit.handBack,
        abandon: signal,
        onProgress: (progress) => shift.emit({ event: 'progress', id: entry.id, progress }),
      },
    );
    return signal.aborted ? undefined : outcome;
  } finally {
    shift.holding = undefined;
  }
}

async function letLive(shift: Shift, entry: TrainingEntry, fitness: number, seconds: number): Promise<void> {
  if (!(await publish(shift.population, entry, fitness)))
    return shift.emit({ event: 'taken-away', id: entry.id });
  shift.me.totals.published++;
  shift.emit({ event: 'published', id: entry.id, fitness, seconds });
}

/** A limit holds on every machine; a crash, a lack of memory or a hang may have been this one's. */
async function retryOrBury(
  shift: Shift,
  entry: TrainingEntry,
  attempt: number,
  { failure }: FailedOutcome,
): Promise<void> {
  const { totals } = shift.me;
  totals.failures[failure.class] = (totals.failures[failure.class] ?? 0) + 1;
  shift.emit({ event: 'failed', id: entry.id, class: failure.class, reason: failure.reason, attempt });
  if (failure.class === 'over-limit') return await putToDeath(shift, entry, failure);
  shift.failuresInARow++;
  if (shift.failuresInARow >= FAILURE_LIMIT) shift.exit.leave('failure-limit');
  if (attempt >= MOST_ATTEMPTS) return await putToDeath(shift, entry, failure);
  if (shift.exit.reason === undefined) return await train(shift, entry, attempt + 1, undefined);
}

async function putToDeath(
  shift: Shift,
  entry: TrainingEntry,
  failure: FailedOutcome['failure'],
): Promise<void> {
  if (!(await bury(shift.me, entry, failure))) return shift.emit({ event: 'taken-away', id: entry.id });
  shift.emit({ event: 'buried', id: entry.id, class: failure.class, reason: failure.reason });
}
