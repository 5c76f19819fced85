import { datasetOptionsSchema } from '@galapagos/datasets';
import {
  type Population,
  PopulationError,
  WEIGHTS_FILE,
  findIndividual,
  formatDocument,
  nodeFilesystem,
} from '@galapagos/population';
import { type BackendChoice, testIndividual, trainingSchema } from '@galapagos/trainer';
import { z } from 'zod';

const lookSchema = z.strictObject({
  id: z.string(),
  accuracy: z.number(),
  examples: z.number(),
  lookedAt: z.string(),
});
export type TestLook = z.infer<typeof lookSchema>;

/**
 * The accuracy of an individual on the test images. Looked at once: what was seen is written down in `tests/`, and
 * read from there ever after.
 * @throws PopulationError when the individual or its weights are gone.
 */
export async function lookAtTest(
  population: Population,
  id: string,
  backend: BackendChoice,
): Promise<TestLook> {
  const file = population.path(`tests/${id}.json`);
  if ((await population.list('tests')).includes(`${id}.json`)) {
    return lookSchema.parse(JSON.parse(new TextDecoder().decode(await nodeFilesystem.read(file))));
  }
  const individual = await findIndividual(population, id);
  if (individual?.folder === undefined) throw new PopulationError('INVALID', `the weights of ${id} are gone`);
  const weights = await nodeFilesystem.read(`${individual.folder}/${individual.tenure}/${WEIGHTS_FILE}`);
  const { accuracy, examples } = await testIndividual({
    dna: individual.dna,
    weights,
    data: datasetOptionsSchema.parse(population.experiment.data),
    checksum: population.experiment.dataChecksum,
    training: trainingSchema.parse(population.experiment.training),
    backend,
  });
  const look = { id, accuracy, examples, lookedAt: population.clock.now().toISOString() };
  // Aside, then moved: what is there under its name is whole, or the look would be spoilt for ever.
  const aside = population.path(`tests/.${id}~${process.pid}`);
  await nodeFilesystem.write(aside, formatDocument(look));
  await nodeFilesystem.sync([aside]);
  await nodeFilesystem.rename(aside, file);
  return look;
}
