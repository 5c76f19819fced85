import { join } from 'node:path';
import { schemaProblems } from '@galapagos/dna';
import { isMissing, nodeFilesystem } from '@galapagos/population';
import { z } from 'zod';

const successSchema = z.strictObject({
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
});
const failureSchema = z.strictObject({
  failure: z
    .strictObject({
      class: z.enum(['over-limit', 'out-of-memory', 'bad-data', 'crash']),
      reason: z.string().min(1).max(2000),
    })
    .describe('Why this individual has no fitness. It is tried once more, unless it is over a limit.'),
});
/** What a program that trains says at its end, in `evaluation.json`. */
const answerSchema = z.union([successSchema, failureSchema]);
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

export const ANSWER_FILE = 'evaluation.json';
/** No answer comes near to it. */
const MOST_BYTES = 100_000;

/** The answer of a program that has ended; undefined where it has left none. @throws AnswerError */
export async function readAnswer(folder: string): Promise<Answer | undefined> {
  const bytes = await readLeft(folder, ANSWER_FILE, MOST_BYTES);
  if (bytes === undefined) return undefined;
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new AnswerError(`${ANSWER_FILE}: no JSON: ${(error as Error).message}`, { cause: error });
  }
  const isFailure = typeof answer === 'object' && answer !== null && 'failure' in answer;
  const parsed = (isFailure ? failureSchema : successSchema).safeParse(answer);
  if (parsed.success) return parsed.data;
  const [problem] = schemaProblems(parsed.error);
  throw new AnswerError(`${ANSWER_FILE}: ${problem?.path ?? ''}: ${problem?.message ?? 'is no answer'}`);
}

/**
 * What a program has left in its folder under a name; undefined where there is nothing.
 * @throws AnswerError where that is no plain file, or one that is too long: a pipe would have us wait for ever.
 */
export async function readLeft(
  folder: string,
  name: string,
  limit?: number,
): Promise<Uint8Array | undefined> {
  try {
    return await nodeFilesystem.read(join(folder, name), limit);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new AnswerError(`${name}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** What a line of stdout reports; undefined where it is no report. */
export function reportIn(line: string): Report | undefined {
  if (!line.startsWith('{')) return undefined;
  const parsed = reportSchema.safeParse(jsonOf(line));
  return parsed.success ? parsed.data : undefined;
}

/** Undefined where it is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
