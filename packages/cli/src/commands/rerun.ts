import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { errorCode } from '@galapagos/population';
import { TrainerProcess } from '@galapagos/trainer';
import { z } from 'zod';
import { defineCommand, directory, json, printJson } from '../command.js';
import { Departure, unlessAborted } from '../departure.js';
import { ExitCode } from '../exit-codes.js';
import { findMeant } from '../find.js';
import { duration, percent } from '../format.js';
import { openPopulation } from '../ground.js';
import { refuseOtherData } from '../refuse-other-data.js';
import { type Repetition, type Rerun, prepareReruns, rerun } from '../rerun.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { backendOption } from '../workers-option.js';

const endShape = z.strictObject({
  fitness: z.number(),
  steps: z.int(),
  weights: z.string().nullable().describe('SHA-256 of the weights; null where there are none.'),
  backend: z.string(),
});

const shape = z
  .array(
    z.strictObject({
      id: z.string(),
      recorded: endShape,
      again: endShape,
      isSame: z.boolean().describe('The same fitness, and the same weights to the last bit.'),
      seconds: z.number(),
    }),
  )
  .describe('Ancestors that had to be trained again first, then the individual.');

export const rerunCommand = defineCommand({
  name: 'rerun',
  describe: 'Train an individual again from its recorded seed, and compare fitness and weights',
  positionals: {
    ...directory,
    id: { describe: 'The individual, w1-12 say, or best', type: 'string', demandOption: true },
  },
  options: {
    ...json,
    ...backendOption,
    keep: {
      describe: 'Keep what is trained in this directory, which must not be there yet',
      type: 'string',
      requiresArg: true,
    },
  },
  examples: [
    ['rerun runs/a best', 'does the best one repeat, to the last bit?'],
    ['rerun runs/a w1-12 --keep again', 'and keep its weights: also of one that was collected'],
  ],
  output: shape,
  run: async ({ dir, id, json: asJson, backend, keep }, terminal) => {
    const population = await openPopulation(dir);
    const meant = await findMeant(population, id);
    const departure = new Departure(population.clock);
    const { data, training, dataChecksum: checksum } = population.experiment;
    const trainer = new TrainerProcess({ data, training, checksum, backend });
    const workshop = await makeWorkshop(keep);
    try {
      const line = await prepareReruns(population, meant.id, workshop);
      const ready = await unlessAborted(trainer.ready(), departure.asked);
      if (ready === undefined) return departure.exitCode;
      refuseOtherData(population, ready.checksum);
      tellCost(line, terminal);
      const reruns = await rerunAll(line, population.experiment.search.seed, trainer, departure, terminal);
      if (reruns === undefined) {
        terminal.err('ended before the training was; nothing was compared');
        return departure.exitCode || ExitCode.interrupted;
      }
      if (asJson) printJson(terminal, shape, reruns);
      else for (const text of reruns.flatMap(describe)) terminal.out(text);
      return reruns.every(({ isSame }) => isSame) ? ExitCode.done : ExitCode.error;
    } finally {
      terminal.status('');
      await trainer.close();
      departure.close();
      if (keep === undefined) await rm(workshop, { recursive: true, force: true });
    }
  },
});

async function makeWorkshop(keep: string | undefined): Promise<string> {
  if (keep === undefined) return await mkdtemp(join(tmpdir(), 'galapagos-rerun-'));
  try {
    await mkdir(keep);
  } catch (error) {
    if (errorCode(error) === '') throw error;
    throw new UsageError(
      `--keep ${keep}: cannot be made (${errorCode(error)}); name a directory that is not there yet`,
      {
        cause: error,
      },
    );
  }
  return resolve(keep);
}

function tellCost(line: readonly Repetition[], terminal: Terminal): void {
  const seconds = line.reduce((sum, { evaluation }) => sum + evaluation.seconds, 0);
  const ancestors =
    line.length === 1
      ? ''
      : `, after ${line.length === 2 ? 'an ancestor' : `${line.length - 1} ancestors`} whose weights are gone`;
  terminal.err(`${line.at(-1)?.id} is trained again${ancestors}: it took ${duration(seconds)} then`);
}

/** One after the other, up to the first that differs: what inherits from it would differ too. */
async function rerunAll(
  line: readonly Repetition[],
  searchSeed: string,
  trainer: TrainerProcess,
  departure: Departure,
  terminal: Terminal,
): Promise<Rerun[] | undefined> {
  const reruns: Rerun[] = [];
  for (const [index, repetition] of line.entries()) {
    const done = await rerun(repetition, searchSeed, line[index - 1], trainer, {
      // There is nobody to go on with what would be given back.
      handBack: new AbortController().signal,
      abandon: departure.asked,
      onProgress: ({ step, steps, loss }) =>
        terminal.status(`${repetition.id}: step ${step} of ${steps}, loss ${loss.toFixed(3)}`),
    });
    if (done === undefined) return undefined;
    reruns.push(done);
    if (!done.isSame) break;
  }
  return reruns;
}

function describe({ id, recorded, again, isSame, seconds }: Rerun): string[] {
  const head = `${id}: fitness ${percent(again.fitness)} after ${again.steps} steps in ${duration(seconds)}`;
  if (isSame) return [`${head}: the same, and the same weights bit for bit`];
  const differences = (['fitness', 'steps', 'weights'] as const)
    .filter((key) => recorded[key] !== again[key])
    .map((key) => `  ${key.padEnd(8)} recorded ${recorded[key] ?? 'none'}, now ${again[key] ?? 'none'}`);
  const why =
    recorded.backend === again.backend
      ? `  on the same back end, ${again.backend}: another version of it, or another processor, may differ in the last bits`
      : `  trained on ${recorded.backend} then and on ${again.backend} now, which differ in the last bits; --backend chooses`;
  return [`${head}: not the same`, ...differences, why];
}
