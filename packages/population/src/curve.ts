import { z } from 'zod';
import type { Attempt } from './documents.js';
import { PopulationError } from './errors.js';
import { ifPresent } from './filesystem-errors.js';
import { readIfPresent } from './files.js';
import { CURVE_FILE } from './layout.js';
import type { Population } from './population.js';
import { readAttempt, tenuresUpTo } from './tenure.js';

/** Points of a curve that is kept; every figure of it is far narrower. */
const CURVE_POINTS = 100;
/** Bytes that no curve of a trainer's comes near to. */
const CURVE_LIMIT = 1e6;
/** A loss is single precision. */
const LOSS_DIGITS = 7;

const pointSchema = z.object({ step: z.int().min(0), loss: z.number() });

/** The loss of some training steps, `[step, loss]`, in the order of the steps. */
export const curveSchema = z
  .array(z.tuple([z.int().min(0), z.number()]))
  .describe('The learning curve: [step, training loss], at most 100 points.');
export type Curve = z.infer<typeof curveSchema>;

/** The training that an individual's fitness comes from, or that it is in. */
export interface TrainingTrace {
  /** As its last tenure has begun it; undefined where none has. */
  readonly attempt: Attempt | undefined;
  /** Over all tenures of that attempt; undefined where nothing was written yet. */
  readonly curve: Curve | undefined;
}

/**
 * Reads what the tenures of an individual have written down of their training.
 * @param folder The individual's, absolute.
 * @param last The tenure that it ended in, or is in.
 */
export async function readTrace(
  population: Population,
  folder: string,
  last: number,
): Promise<TrainingTrace> {
  let attempt: Attempt | undefined;
  const losses = new Map<number, number>();
  const tenures = last === 1 ? [1] : ((await ifPresent(tenuresUpTo(population, folder, last))) ?? []);
  for (const tenure of tenures.toReversed()) {
    const begun = await readAttempt(population, `${folder}/${tenure}`);
    // One that only published what another had trained.
    if (begun === undefined) continue;
    attempt ??= begun;
    if (begun.attempt !== attempt.attempt) break;
    for (const [step, loss] of await readPoints(population, `${folder}/${tenure}/${CURVE_FILE}`))
      // What was done again after a checkpoint is as the later tenure says.
      if (!losses.has(step)) losses.set(step, loss);
    if (begun.fromStep === 0) break;
  }
  const curve = thinned([...losses].sort(([a], [b]) => a - b));
  return { attempt, curve: curve.length === 0 ? undefined : curve };
}

/** The whole lines of a curve: it may be written at this moment, or cut short. */
async function readPoints({ filesystem }: Population, file: string): Promise<Curve> {
  const data = await readIfPresent(filesystem, file, CURVE_LIMIT).catch((error: unknown) => {
    // It is worth no individual: what is no curve is none.
    if (error instanceof PopulationError && error.code === 'INVALID') return undefined;
    throw error;
  });
  if (data === undefined) return [];
  const lines = new TextDecoder().decode(data).split('\n');
  return lines.flatMap((line) => {
    const { success, data: point } = pointSchema.safeParse(jsonOf(line));
    return success ? [[point.step, Number(point.loss.toPrecision(LOSS_DIGITS))] as [number, number]] : [];
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Cut short.
    return undefined;
  }
}

/** Evenly, the first and the last among them. */
function thinned(curve: Curve): Curve {
  if (curve.length <= CURVE_POINTS) return curve;
  const last = curve.length - 1;
  return Array.from({ length: CURVE_POINTS }, (_, index) =>
    Math.round((index * last) / (CURVE_POINTS - 1)),
  ).flatMap((index) => {
    const point = curve[index];
    return point === undefined ? [] : [point];
  });
}
