import { type LeaveReason, Worker, type WorkerEvent, logEvents } from '@galapagos/worker';
import { type Population, PopulationError, nodeHost } from '@galapagos/population';
import { TrainerProcess, type TrainerReady } from '@galapagos/trainer';
import { defineCommand, directory } from '../command.js';
import { ExitCode } from '../exit-codes.js';
import { duration, percent } from '../format.js';
import { openPopulation } from '../ground.js';
import { onEndSignals } from '../signals.js';
import type { Terminal } from '../terminal.js';
import { version } from '../version.js';
import { backendOption } from '../workers-option.js';

export const workerCommand = defineCommand({
  name: 'worker',
  describe: 'Work in the foreground: one process, for your own job script',
  positionals: directory,
  options: {
    ...backendOption,
    log: {
      describe: 'How much to log',
      choices: ['debug', 'info', 'warn'] as const,
      default: 'info' as const,
    },
  },
  examples: [['worker runs/a', 'Ctrl-C gives back what it holds; twice leaves at once']],
  run: async ({ dir, backend, log }, terminal) => {
    const population = await openPopulation(dir);
    const { data, training } = population.experiment;
    const trainer = new TrainerProcess({ data, training, backend });
    try {
      const ready = await trainer.ready();
      refuseOtherData(population, ready);
      if (terminal.isWatched) terminal.err(`back end ${ready.backend}: ${ready.reason}`);
      const worker = new Worker({
        population,
        evaluate: trainer.evaluate,
        host: nodeHost,
        version,
        backend: ready.backend,
        ...slurmJob(),
        onEvent: terminal.isWatched
          ? tellPerson(terminal)
          : logEvents({ write: (line) => terminal.err(line.trimEnd()) }, log),
      });
      return await runUntilTold(worker, population);
    } finally {
      await trainer.close();
    }
  },
});

/** Works until there is a reason to leave: an order, a signal, a launcher that is gone. */
async function runUntilTold(worker: Worker, population: Population): Promise<number> {
  let forced: number | undefined;
  let requeue = false;
  const stopListening = onEndSignals(
    population.clock,
    (signal) => {
      requeue = signal === 'SIGUSR1';
      worker.leave('asked');
    },
    (_signal, exitCode) => {
      forced = exitCode;
      worker.leaveNow('asked');
    },
  );
  const leaveWithLauncher = () => worker.leave('asked');
  if (process.channel !== undefined) process.once('disconnect', leaveWithLauncher);
  // The launcher may have died before anybody listened.
  if (process.env['GALAPAGOS_SLOT'] !== undefined && !process.connected) leaveWithLauncher();
  try {
    const reason = await worker.run();
    return forced ?? (requeue ? ExitCode.requeue : exitCodes[reason]);
  } finally {
    stopListening();
    process.off('disconnect', leaveWithLauncher);
    if (process.connected) process.disconnect();
  }
}

const exitCodes: Record<LeaveReason, number> = {
  stopped: ExitCode.done,
  asked: ExitCode.done,
  budget: ExitCode.done,
  'failure-limit': ExitCode.failureLimit,
};

function refuseOtherData({ root, experiment }: Population, { checksum }: TrainerReady): void {
  if (checksum === experiment.dataChecksum) return;
  throw new PopulationError(
    'NO_EXPERIMENT',
    `${root}: the data is not what this search began with (SHA-256 ${checksum}, expected ${experiment.dataChecksum}); put the old files back, or begin a new search`,
  );
}

function slurmJob(): { slurmJob?: string } {
  const job = process.env['SLURM_ARRAY_JOB_ID'] ?? process.env['SLURM_JOB_ID'];
  const task = process.env['SLURM_ARRAY_TASK_ID'];
  return job === undefined ? {} : { slurmJob: task === undefined ? job : `${job}_${task}` };
}

/** A line per event that a person wants to see. */
function tellPerson(terminal: Terminal): (event: WorkerEvent) => void {
  return (event) => {
    switch (event.event) {
      case 'progress': {
        const { step, steps, loss } = event.progress;
        return terminal.status(`${event.id}: step ${step} of ${steps}, loss ${loss.toFixed(3)}`);
      }
      case 'joined':
        return terminal.err(`joined as ${event.worker}`);
      case 'published':
        return terminal.err(
          `${event.id} lives, fitness ${percent(event.fitness)}, after ${duration(event.seconds)}`,
        );
      case 'killed':
        return terminal.err(`${event.id} (${percent(event.fitness)}) lost against ${event.by}`);
      case 'adopted':
        return terminal.err(
          `${event.id} of ${event.from} adopted: ${event.continuation}${event.step > 0 ? ` from step ${event.step}` : ''}`,
        );
      case 'failed':
      case 'buried':
        return terminal.err(`${event.id} ${event.event}: ${event.class}, ${event.reason}`);
      case 'handed-back':
        return terminal.err(`${event.id} given back`);
      case 'taken-away':
        return terminal.err(`${event.id} is another worker's now`);
      case 'beat-failed':
        return terminal.err(`the directory does not answer: ${event.reason}`);
      case 'leaving':
        return terminal.err(`leaving: ${event.reason}`);
      case 'born':
      case 'lost-race':
      case 'waiting':
      case 'collected':
      case 'left':
        return;
    }
  };
}
