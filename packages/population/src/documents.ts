import { drawnMutationSchema, problemsInWords, schemaProblems } from '@galapagos/dna';
import { z } from 'zod';
import { PopulationError } from './errors.js';
import { readIfPresent } from './files.js';
import type { Filesystem } from './filesystem.js';
import { isIndividualId, isWorkerName } from './layout.js';

/** The directory format that this version writes, and the newest that it reads. */
export const POPULATION_FORMAT = 1;

/** Bytes that no document of a worker's comes near to. */
export const DOCUMENT_LIMIT = 1e7;

const format = z.literal(POPULATION_FORMAT);
const id = z.string().refine(isIndividualId, 'not the id of an individual');
const worker = z.string().refine(isWorkerName, 'not the name of a worker');
const count = z.int().min(0);

/** What an individual was born as. Written once, before it is admitted. */
export const birthSchema = z.strictObject({
  format,
  id,
  /** Null for an individual of the first kind. */
  parent: z.strictObject({ id, fitness: z.number() }).nullable(),
  mutations: z.array(drawnMutationSchema),
  worker,
  bornAt: z.string(),
});
export type Birth = z.infer<typeof birthSchema>;

/** Which training from scratch a tenure is at. */
export const attemptSchema = z.strictObject({
  format,
  /** Counts trainings from scratch, from 1; its number is in the seed. */
  attempt: z.int().min(1),
  seed: z.string(),
  /** The step of the checkpoint that it continued from; 0 from scratch. */
  fromStep: count,
  /** Whose tenure it is; older documents do not say it. */
  worker: worker.optional(),
  startedAt: z.string(),
});
export type Attempt = z.infer<typeof attemptSchema>;

/** The result of a training that ended. Its presence, with the weights that it names, makes a folder publishable. */
export const evaluationSchema = z.strictObject({
  format,
  id,
  tenure: z.int().min(1),
  attempt: z.int().min(1),
  /** Accuracy on the validation examples, 0 to 1. */
  fitness: z.number().min(0).max(1),
  /** The loss stopped being a number, so the fitness is 0. */
  diverged: z.boolean(),
  steps: count,
  /** Seconds of training and validation, of all tenures of this attempt. */
  seconds: z.number().min(0),
  /** F_t N_t + F_v N_v (section 3.6), of this attempt. */
  flops: z.number().min(0),
  parameters: count,
  /** The back end that trained it, or that ended its training. */
  backend: z.string(),
  /** Its version, or the instructions of the processor that it used; older records have none. */
  backendDetail: z.string().optional(),
  /** Those, with their details, that trained it before: it was adopted where there was another. */
  earlierBackends: z.array(z.string()).optional(),
  /** SHA-256 of `weights.safetensors`; null where the evaluation leaves no weights. */
  weights: z.string().nullable(),
  evaluatedAt: z.string(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

export const FAILURE_CLASSES = [
  'over-limit',
  'out-of-memory',
  'timeout',
  'crash',
  'bad-data',
  'killer',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** Why an individual was buried before it had a fitness. */
export const failureSchema = z.strictObject({
  format,
  id,
  tenure: z.int().min(1),
  class: z.enum(FAILURE_CLASSES),
  reason: z.string(),
  /** The tail of the trainer's log. */
  log: z.string(),
  failedAt: z.string(),
});
export type Failure = z.infer<typeof failureSchema>;

/** Running totals of one worker, written by it alone, before each admission and as work is done. */
export const totalsSchema = z.strictObject({
  births: count,
  kills: count,
  lostRaces: count,
  adoptions: count,
  published: count,
  /** Seconds of training. */
  seconds: z.number().min(0),
  flops: z.number().min(0),
  failures: z.partialRecord(z.enum(FAILURE_CLASSES), count),
  /** The best that it has seen among the living, and the births of all by then; only while `bounds.patience` is set. */
  improvement: z.strictObject({ fitness: z.number().min(0).max(1), births: count }).optional(),
});
export type Totals = z.infer<typeof totalsSchema>;

export function noTotals(): Totals {
  return {
    births: 0,
    kills: 0,
    lostRaces: 0,
    adoptions: 0,
    published: 0,
    seconds: 0,
    flops: 0,
    failures: {},
  };
}

/** Who a worker is; enough to see on the same host whether its process still lives. */
export const workerSchema = z.strictObject({
  format,
  name: z.string(),
  host: z.string(),
  bootId: z.string(),
  pidNamespace: z.string(),
  pid: z.int(),
  /** Start time of the process, in the kernel's ticks: a pid may be used again. */
  processStart: z.string(),
  version: z.string(),
  backend: z.string(),
  /** The accelerator that it was given, by whatever name; older documents do not say it. */
  device: z.string().nullable().optional(),
  /** The task of Slurm in which it ran, and how often that had been queued again; older documents do not say the latter. */
  slurmJob: z.string().nullable(),
  slurmRestart: z.int().nullable().optional(),
  startedAt: z.string(),
});
export type WorkerDocument = z.infer<typeof workerSchema>;

/** The text of a document. */
export function formatDocument(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * Reads a document out of the bytes of a file.
 * @throws PopulationError `INVALID` that names the file and the field, `NEWER_FORMAT`.
 */
export function parseDocument<T>(schema: z.ZodType<T>, data: Uint8Array | string, file: string): T {
  let json: unknown;
  try {
    json = JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data));
  } catch (error) {
    throw new PopulationError('INVALID', `${file}: not JSON: ${String(error)}`, { cause: error });
  }
  refuseNewer(json, file);
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new PopulationError('INVALID', `${file}: ${problemsInWords(schemaProblems(parsed.error))}`);
}

/** As {@link parseDocument}; undefined where a file is not what it should be: cut short by a crash, say. */
export function parseIfValid<T>(
  schema: z.ZodType<T>,
  data: Uint8Array | string,
  file: string,
): T | undefined {
  try {
    return parseDocument(schema, data, file);
  } catch (error) {
    if (error instanceof PopulationError && error.code === 'INVALID') return undefined;
    throw error;
  }
}

/** Reads the document in a file; undefined where there is none, or it is not what it should be. */
export async function readIfValid<T>(
  filesystem: Filesystem,
  schema: z.ZodType<T>,
  file: string,
): Promise<T | undefined> {
  try {
    const data = await readIfPresent(filesystem, file, DOCUMENT_LIMIT);
    return data === undefined ? undefined : parseDocument(schema, data, file);
  } catch (error) {
    if (error instanceof PopulationError && error.code === 'INVALID') return undefined;
    throw error;
  }
}

function refuseNewer(json: unknown, file: string): void {
  if (typeof json !== 'object' || json === null || !('format' in json)) return;
  const { format: found } = json;
  if (typeof found !== 'number' || found <= POPULATION_FORMAT) return;
  throw new PopulationError(
    'NEWER_FORMAT',
    `${file}: format ${found} is newer than ${POPULATION_FORMAT}, the newest that this version reads: update Galapagos`,
  );
}
