import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dna } from '@galapagos/dna';
import {
  type Checkpoint,
  DNA_FILE,
  INHERITED_FILE,
  checkpointName,
  nodeFilesystem,
} from '@galapagos/population';
import type { TrainingRequest } from '../messages.js';
import { parametersOf } from '../parameters.js';
import type { Plan } from '../plan.js';
import type { CommandBench } from './command-trainer.js';

const PLAN_FILE = 'plan.json';

/**
 * What a program is told of the individual that it is to train: the variables of its environment.
 * @param folder Its own; the plan of the network is written into it.
 * @param resume The checkpoint that it is to go on from, which is there.
 */
export async function tell(
  { settings, dataFile }: CommandBench,
  { id, individual, output, attempt, seed }: TrainingRequest,
  { dna, plan, folder, resume }: { dna: Dna; plan: Plan; folder: string; resume: Checkpoint | undefined },
): Promise<Record<string, string>> {
  const { learningRate, weightDecayRate } = dna;
  const planFile = join(folder, PLAN_FILE);
  const told = { ...plan, parameters: parametersOf(plan), learningRate, weightDecayRate };
  await writeFile(planFile, JSON.stringify(told));
  const names = await nodeFilesystem.list(individual);
  return {
    GALAPAGOS_ID: id,
    GALAPAGOS_DNA: join(individual, DNA_FILE),
    GALAPAGOS_PLAN: planFile,
    GALAPAGOS_INHERITED: names.includes(INHERITED_FILE) ? join(individual, INHERITED_FILE) : '',
    GALAPAGOS_CHECKPOINT: resume === undefined ? '' : join(output, checkpointName(resume)),
    GALAPAGOS_SEED: seed,
    GALAPAGOS_ATTEMPT: String(attempt),
    GALAPAGOS_DATA: dataFile,
    GALAPAGOS_TRAINING: JSON.stringify(settings),
    GALAPAGOS_OUTPUT: folder,
  };
}
