import { datasetOptionsSchema } from '@galapagos/datasets';
import { boundsSchema, searchSchema } from '@galapagos/population';
import { trainingSchema } from '@galapagos/trainer';
import { z } from 'zod';

/** What a person writes to define a search, in YAML or JSON. The shape of an image follows from the data. */
export const configurationSchema = z
  .strictObject({
    search: searchSchema.omit({ image: true, seed: true }).extend({
      seed: z
        .string()
        .min(1)
        .optional()
        .describe('Everything random follows from it. Drawn, and written down, where it is not given.'),
    }),
    data: datasetOptionsSchema,
    training: trainingSchema,
    bounds: boundsSchema
      .omit({ leaseSeconds: true })
      .extend({
        leaseSeconds: boundsSchema.shape.leaseSeconds
          .unwrap()
          .optional()
          .describe(
            'A worker whose beat stood still for so long is taken for gone. Default: 10 on a disk of this machine, 60 on a network mount.',
          ),
      })
      .prefault({}),
  })
  .describe('A search of Galapagos.');

/** Whether a field is a number of seconds, which may be written as a duration. */
export function isSeconds(field: string): boolean {
  return /seconds$/i.test(field);
}
