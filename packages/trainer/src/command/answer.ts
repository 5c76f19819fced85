import { readFile } from 'node:fs/promises';
import { schemaProblems } from '@galapagos/dna';
import { isMissing } from '@galapagos/population';
import { z } from 'zod';

/** What a program that trains says at its end, in `evaluation.json`. */
const answerSchema = z.union([
  z.strictObject({
    fitness: z.number().min(0).max(1).describe('Accuracy on the validation examples, 0 to 1.'),
    diverged: z
      .boolean()
      .default(false)
      .describe('The loss stopped being a number: the fitness is 0, and there are no weights.'),
    steps: z.int().min(0).optional().describe('Training steps of the whole attempt. Default: all of them.'),
    flops: z
      .number()
      .min(0)
      .optional()
      .describe('Floating-point operations of this call. Default: as the built-in trainer counts them.'),
    parameters: z.int().min(0).optional().describe('Trainable numbers. Default: those of the DNA.'),
    backend: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('What it computes with: `PyTorch 2.9 on cuda`. Default: the command.'),
  }),
  z.strictObject({
    failure: z
      .strictObject({
        class: z.enum(['over-limit', 'out-of-memory', 'bad-data', 'crash']),
        reason: z.string().min(1).max(2000),
      })
      .describe('Why this individual has no fitness. It is tried once more, unless it is over a limit.'),
  }),
]);
export type Answer = z.infer<typeof answerSchema>;

/** The published JSON Schema of that. */
export function answerJsonSchema(): object {
  return z.toJSONSchema(answerSchema, { io: 'input' });
}

/** A line of its stdout that is a JSON object; any other is for its log. */
const reportSchema = z.strictObject({
  step: z.int().min(0),
  steps: z.int().min(0).optional(),
  loss: z.number().nullable().optional(),
  /** A file in its output from which it could go on, written and closed: it is taken away. */
  checkpoint: z.string().min(1).max(200).optional(),
});
export type Report = z.infer<typeof reportSchema>;

/** An answer that cannot be understood. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** No answer comes near to it. */
const MOST_BYTES = 100_000;

/** The answer of a program that has ended; undefined where it has left none. @throws AnswerError */
export async function readAnswer(file: string): Promise<Answer | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new AnswerError(`evaluation.json cannot be read: ${String(error)}`, { cause: error });
  }
  if (text.length > MOST_BYTES) throw new AnswerError(`evaluation.json: more than ${MOST_BYTES} bytes`);
  const parsed = answerSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const [problem] = schemaProblems(parsed.error);
  throw new AnswerError(`evaluation.json: ${problem?.path ?? ''}: ${problem?.message ?? 'is not an answer'}`);
}

/** What a line of stdout reports; undefined where it is no report. */
export function reportIn(line: string): Report | undefined {
  if (!line.startsWith('{')) return undefined;
  const parsed = reportSchema.safeParse(jsonOf(line));
  return parsed.success ? parsed.data : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
