import { type FailureClass, type Population, unknowingHost } from '@galapagos/population';
import {
  type Evaluate,
  type EvaluationRequest,
  type LeaveReason,
  Worker,
  type WorkerEvent,
  type WorkerOptions,
} from '@galapagos/worker';
import { bitStringTrainer } from '../support/bit-string-trainer.js';
import { type TestExperiment, makeExperiment, openExperiment } from './experiment.js';
import { memoryFilesystem } from './memory-filesystem.js';

/** A worker in this process. */
export interface WorkerHere {
  readonly worker: Worker;
  readonly events: WorkerEvent[];
  /** Why it left. */
  readonly finished: Promise<LeaveReason>;
  readonly eventsOf: <Kind extends WorkerEvent['event']>(
    kind: Kind,
  ) => Extract<WorkerEvent, { event: Kind }>[];
}

type HereOptions = Partial<Pick<WorkerOptions, 'evaluate' | 'host' | 'politely' | 'device'>> & {
  readonly onEvent?: (event: WorkerEvent, worker: Worker) => void;
};

/** A new population in memory. */
export async function populationInMemory(
  options: TestExperiment,
  filesystem = memoryFilesystem(),
): Promise<Population> {
  await makeExperiment('/experiment', options, filesystem);
  return await openExperiment('/experiment', filesystem);
}

/** Runs a worker in this process, with a trainer that takes no time where none is given. */
export function runHere(population: Population, options: HereOptions = {}): WorkerHere {
  const events: WorkerEvent[] = [];
  const worker: Worker = new Worker({
    population,
    evaluate: bitStringTrainer({ filesystem: population.filesystem }),
    host: unknowingHost,
    version: '0.0.0-test',
    backend: 'bits',
    politely: (_path, work) => work(),
    ...options,
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event, worker);
    },
  });
  return {
    worker,
    events,
    finished: worker.run(),
    eventsOf: <Kind extends WorkerEvent['event']>(kind: Kind) =>
      events.filter((event): event is Extract<WorkerEvent, { event: Kind }> => event.event === kind),
  };
}

/** As {@link runHere}, in a new population in memory, until the worker leaves. */
export async function runAlone(
  experiment: TestExperiment,
  options: (population: Population) => HereOptions = () => ({}),
) {
  const population = await populationInMemory(experiment);
  const here = runHere(population, options(population));
  return { ...here, population, reason: await here.finished };
}

/** A trainer that fails where `decide` says how. */
export function failing(
  population: Population,
  decide: (request: EvaluationRequest) => FailureClass | undefined,
): Evaluate {
  const trainer = bitStringTrainer({ filesystem: population.filesystem });
  return async (request, control) => {
    const failureClass = decide(request);
    if (failureClass === undefined) return await trainer(request, control);
    const failure = { class: failureClass, reason: 'as the test wants', log: 'the last line' };
    return { kind: 'failed', seconds: 0, flops: 0, failure };
  };
}
