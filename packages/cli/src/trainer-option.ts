import { stat } from 'node:fs/promises';
import { EXPERIMENT_FILE, type Population } from '@galapagos/population';
import { UsageError } from './usage-error.js';

/** The word for the trainer that comes with Galapagos. */
const BUILT_IN = 'built-in';

export const trainerOption = {
  trainer: {
    describe: `Who trains: ${BUILT_IN}, or a program with its arguments, as a shell reads them`,
    type: 'string',
    requiresArg: true,
    defaultDescription: 'evaluation.command of the experiment',
  },
} as const;

/**
 * The program that trains in place of the built-in trainer: what is asked for, else what the experiment says.
 * @returns Undefined for the built-in one.
 * @throws UsageError where the experiment names a program, and another user may have written that.
 */
export async function commandOf(
  population: Population,
  asked: string | undefined,
): Promise<string | undefined> {
  if (asked !== undefined) return asked === BUILT_IN ? undefined : asked;
  const command = population.experiment.evaluation?.command ?? undefined;
  if (command === undefined) return undefined;
  const file = population.path(EXPERIMENT_FILE);
  const { uid, mode } = await stat(file);
  if (uid === process.getuid?.() && (mode & 0o022) === 0) return command;
  throw new UsageError(
    `${file}: another user wrote it, or may have, and it would be carried out as you: evaluation.command is ${JSON.stringify(command)}; if that is what you want, say --trainer ${JSON.stringify(command)}, else --trainer ${BUILT_IN}`,
  );
}
