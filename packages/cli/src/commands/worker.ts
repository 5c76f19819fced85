import { type LeaveReason, Worker } from '@galapagos/worker';
import { nodeHost } from '@galapagos/population';
import { CommandTrainer, TrainerProcess } from '@galapagos/trainer';
import { defineCommand, directory } from '../command.js';
import { Departure, unlessAborted } from '../departure.js';
import { ExitCode } from '../exit-codes.js';
import { ownGpu } from '../gpu-plan.js';
import { beatsInto } from '../health-file.js';
import { openPopulation } from '../ground.js';
import { isIndexedPod } from '../pod.js';
import { refuseCrowd } from '../refuse-crowd.js';
import { refuseOtherData } from '../refuse-other-data.js';
import { beforeTimeIsShort } from '../short-time.js';
import { tellLauncher } from '../tell-launcher.js';
import { commandOf, trainerOption } from '../trainer-option.js';
import { version } from '../version.js';
import { WorkerLog, logOptions, printOptions } from '../logs/worker-log.js';
import { backendOption } from '../workers-option.js';

export const workerCommand = defineCommand({
  name: 'worker',
  describe: 'Work in the foreground: one process, for your own job script',
  positionals: directory,
  options: {
    ...backendOption,
    ...trainerOption,
    ...logOptions,
    ...printOptions,
  },
  examples: [
    ['worker runs/a', 'Ctrl-C gives back what it holds; twice leaves at once'],
    ["worker runs/a --trainer 'python3 train.py'", 'individuals are trained by a program of yours'],
  ],
  run: async ({ dir, backend, trainer: asked, ...logging }, terminal) => {
    const population = await openPopulation(dir);
    const { data, training, dataChecksum: checksum } = population.experiment;
    // A launcher has looked for all of its own; and one that is started again has a place.
    if (process.env['GALAPAGOS_SLOT'] === undefined && !isIndexedPod()) await refuseCrowd(population, 1);
    const log = new WorkerLog(population, terminal, logging);
    const departure = new Departure(population.clock);
    // Before the trainer, which has the environment of this process, loads what reads it.
    const gpu = await ownGpu(backend, terminal);
    if (gpu !== undefined) process.env['CUDA_VISIBLE_DEVICES'] = gpu;
    const command = await commandOf(population, asked);
    const work = { data, training, checksum };
    const trainer =
      command === undefined
        ? new TrainerProcess({ ...work, backend })
        : new CommandTrainer({ ...work, command });
    try {
      const ready = await unlessAborted(trainer.ready(), departure.asked);
      if (ready === undefined) return departure.exitCode;
      refuseOtherData(population, ready.checksum);
      const watchTime = beforeTimeIsShort(trainer, population.clock, () => {
        terminal.err('the job ends before another training could: leaving, to be queued again');
        departure.timeIsUp('its job ends before another training could');
      });
      const onBeat = beatsInto(process.env['GALAPAGOS_HEALTH_FILE'], terminal);
      const worker = new Worker({
        ...(onBeat === undefined ? {} : { onBeat }),
        population,
        evaluate: trainer.evaluate,
        host: nodeHost,
        version,
        backend: ready.backend,
        backendReason: `${ready.detail}: ${ready.reason}`,
        device: deviceOf(ready.backend),
        onEvent: tellLauncher((event) => {
          log.hear(event);
          watchTime(event);
        }),
      });
      return await runUntilTold(worker, departure);
    } finally {
      await trainer.close();
      await log.close();
      departure.close();
    }
  },
});

/** Works until there is a reason to leave: an order, a signal, a launcher that is gone. */
async function runUntilTold(worker: Worker, departure: Departure): Promise<number> {
  departure.asked.addEventListener('abort', () => worker.leave('asked', String(departure.asked.reason)));
  departure.forced.addEventListener('abort', () => worker.leaveNow('asked'));
  const reason = await worker.run();
  return reason === 'asked' || departure.forced.aborted ? departure.exitCode : exitCodes[reason];
}

const exitCodes: Record<Exclude<LeaveReason, 'asked'>, number> = {
  stopped: ExitCode.done,
  budget: ExitCode.done,
  'failure-limit': ExitCode.failureLimit,
  quarantined: ExitCode.failureLimit,
};

/** The GPU that this worker was given, as CUDA names it. */
function deviceOf(backend: string): string | undefined {
  const devices = process.env['CUDA_VISIBLE_DEVICES'];
  return backend !== 'tfjs-node-gpu' || devices === '' ? undefined : devices;
}
