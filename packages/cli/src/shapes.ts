import { dnaSchema } from '@galapagos/dna';
import {
  attemptSchema,
  birthSchema,
  curveSchema,
  evaluationSchema,
  failureSchema,
} from '@galapagos/population';
import { z } from 'zod';
import { stateShape } from './states.js';

// Shapes of what `--json` prints that several verbs share. One that a single verb prints lies beside it.

/** All that the directory says of one individual. */
export const individualShape = z.strictObject({
  id: z.string(),
  state: stateShape,
  tenure: z.int(),
  owner: z.string().optional().describe('The worker that trains or trained it.'),
  dna: dnaSchema,
  birth: birthSchema,
  attempt: attemptSchema.optional(),
  curve: curveSchema.optional(),
  evaluation: evaluationSchema.optional(),
  failure: failureSchema.optional(),
  folder: z.string().optional().describe('Where its files are; absent when only its record is left.'),
});
