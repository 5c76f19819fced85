import { z } from 'zod';

/** What one individual may cost. These defaults are generous; who makes a search derives some from the machine. */
export const limitsSchema = z.strictObject({
  parameters: z.number().positive().default(50e6).describe('Trainable numbers of one individual.'),
  flopsPerExample: z
    .number()
    .positive()
    .default(20e9)
    .describe('Floating-point operations of a training step, divided by the batch size.'),
  memoryBytes: z
    .number()
    .positive()
    .default(2 ** 31)
    .describe('Estimated memory of a training step: activations, their gradients, parameters.'),
  seconds: z
    .number()
    .positive()
    .default(86_400)
    .describe(
      'Seconds of training of one individual; those in which its process was stopped, or waited for the disk, do not count.',
    ),
});

/** How every individual of a search is trained: `training` of the experiment. */
export const trainingSchema = z.strictObject({
  steps: z.int().positive().describe('Training steps of one individual; 25,600 in the paper.'),
  batchSize: z.int().positive().default(50).describe('Examples of one step.'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('Share of the momentum that a step keeps.'),
  padCrop: z.int().min(0).default(0).describe('Pad so many pixels, then crop at random; 4 in the paper.'),
  flip: z.boolean().default(false).describe('Mirror half of the training examples.'),
  checkpointSeconds: z
    .number()
    .positive()
    .default(60)
    .describe('Seconds between two checkpoints; a crash costs at most so much work.'),
  limits: limitsSchema
    .prefault({})
    .describe('An individual beyond one of these is buried. DNA has no bounds of its own.'),
});

export type TrainingSettings = z.infer<typeof trainingSchema>;
