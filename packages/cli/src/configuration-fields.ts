import { datasetOptionsSchema } from '@galapagos/datasets';
import { boundsSchema, evaluationSettingsSchema, searchSchema } from '@galapagos/population';
import { limitsSchema, trainingSchema } from '@galapagos/trainer';
import { z } from 'zod';

const { flopsPerExample, memoryBytes, seconds } = limitsSchema.shape;

/** Limits that fit the machine where they are left open: `init` derives them, says why, and writes them down. */
const openLimitsSchema = limitsSchema.extend({
  flopsPerExample: flopsPerExample
    .unwrap()
    .optional()
    .describe(
      'Floating-point operations of a training step, divided by the batch size. Default: derived by init, what this machine does in half of `seconds`, at most 20e9.',
    ),
  memoryBytes: memoryBytes
    .unwrap()
    .optional()
    .describe(
      'Estimated memory of a training step: activations, their gradients, parameters. Default: derived by init from the memory of this machine and the workers that it has cores for.',
    ),
  seconds: seconds
    .unwrap()
    .optional()
    .describe(
      'Seconds of training of one individual; those in which its process was stopped, or waited for the disk, do not count. Default: derived by init, so that the workers of this machine replace the population within a day; 10 minutes to 24 hours.',
    ),
});

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
    training: trainingSchema.extend({
      limits: openLimitsSchema
        .prefault({})
        .describe('An individual beyond one of these is buried. DNA has no bounds of its own.'),
    }),
    evaluation: evaluationSettingsSchema.prefault({}),
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
