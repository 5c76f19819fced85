import { z } from 'zod';

export const quarantinesShape = z
  .array(
    z.strictObject({
      host: z.string(),
      device: z.string().nullable().describe('Null for all of the machine.'),
      reason: z.string(),
      since: z.string(),
      by: z.string().nullable().describe('The worker that found it sick; null for a person.'),
    }),
  )
  .describe('The machines and accelerators that are not to train.');
