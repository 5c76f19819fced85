import { appendFileSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type RandomState, SeededRandom, integer } from '@galapagos/dna';
import {
  type Clock,
  type Filesystem,
  INHERITED_FILE,
  PopulationError,
  WEIGHTS_FILE,
  isMissing,
  isOutOfPlace,
  nodeFilesystem,
  readCheckpoint,
  sha256,
  systemClock,
  writeCheckpoint,
} from '@galapagos/population';
import type { Evaluate, EvaluationRequest, Outcome } from '@galapagos/worker';

/** A trainer without a network, as AutoML-Zero's: fitness is the share of ones in a string of bits, plus noise. */
export interface BitStringOptions {
  /** A line for each training's start and end goes to this file, or is told, by the test's code alone. */
  readonly trace?: string | ((line: TraceLine) => void);
  /** @default 1 */
  readonly steps?: number;
  /** How long a step takes. @default 0 */
  readonly stepMs?: number;
  /** Each training draws how long its steps take, up to `stepMs`. @default false */
  readonly varied?: boolean;
  /** Steps between two checkpoints. @default never */
  readonly checkpointEvery?: number;
  /** Largest deviation of the fitness. @default 0.02 */
  readonly noise?: number;
  /** Does not come back on a polite word, only when it is abandoned. @default false */
  readonly deaf?: boolean;
  /** Where the individuals lie. @default the real one */
  readonly filesystem?: Filesystem;
  /** What measures a step. @default the real one */
  readonly clock?: Clock;
}

/** What is written to the trace; `fitness` at the end of those that were evaluated. */
export interface TraceLine {
  readonly event: 'start' | 'end';
  readonly id: string;
  readonly attempt: number;
  readonly tenure: number;
  readonly step: number;
  readonly pid: number;
  readonly kind?: Outcome['kind'];
  readonly fitness?: number;
}

type EvaluatedOutcome = Extract<Outcome, { kind: 'evaluated' }>;

const BITS = 64;

interface State {
  bits: string;
  random: SeededRandom;
}

/**
 * The child's string is its parent's with one bit flipped, a founder's is all zeros. Every step draws a number,
 * and the noise is drawn last: a training that goes on from a checkpoint ends as an undisturbed one does only if
 * the state of chance went through the checkpoint.
 */
export function bitStringTrainer(options: BitStringOptions = {}): Evaluate {
  const {
    steps = 1,
    stepMs = 0,
    varied = false,
    checkpointEvery = Infinity,
    noise = 0.02,
    filesystem = nodeFilesystem,
    clock = systemClock,
  } = options;
  return async (request, { handBack, abandon, onProgress }) => {
    const startedAt = clock.monotonic();
    const resume = request.resume;
    let step = resume?.step ?? 0;
    const spent = () => ({
      seconds: clock.monotonic() - startedAt,
      flops: step - (resume?.step ?? 0),
    });
    const end = (outcome: Outcome): Outcome => {
      const fitness = outcome.kind === 'evaluated' ? { fitness: outcome.result.fitness } : {};
      trace(options, request, { event: 'end', step, kind: outcome.kind, ...fitness });
      return outcome;
    };
    trace(options, request, { event: 'start', step });
    try {
      return end(await train());
    } catch (error) {
      if (isMissing(error)) return end({ kind: 'taken-away', ...spent() });
      // As the real one: what somebody has put among its files is the individual's matter.
      if (isOutOfPlace(error) || (error instanceof PopulationError && error.code === 'INVALID'))
        return end({
          kind: 'failed',
          ...spent(),
          failure: { class: 'bad-data', reason: String(error), log: '' },
        });
      throw error;
    }

    async function train(): Promise<Outcome> {
      const state = await startingState(filesystem, request);
      const pause = varied ? integer(new SeededRandom(`pace of ${request.seed}`), stepMs + 1) : stepMs;
      const checkpoint = async () => {
        const data = JSON.stringify({ bits: state.bits, random: state.random.state });
        const at = { attempt: request.attempt, step };
        await writeCheckpoint(filesystem, request.output, at, Buffer.from(data));
      };
      while (step < steps) {
        if (abandon.aborted) return { kind: 'taken-away', ...spent() };
        if (handBack.aborted && options.deaf !== true) {
          if (step > (resume?.step ?? 0)) await checkpoint();
          return { kind: 'handed-back', ...spent() };
        }
        if (pause > 0) await clock.sleep(pause / 1000);
        trainStep(state, step++);
        if (step % checkpointEvery === 0 && step < steps) await checkpoint();
        onProgress({ step, steps, loss: 0, spent: spent() });
      }
      await filesystem.write(`${request.output}/${WEIGHTS_FILE}`, state.bits);
      return { kind: 'evaluated', ...spent(), result: resultOf(state, spent().seconds) };
    }

    function resultOf(state: State, seconds: number): EvaluatedOutcome['result'] {
      return {
        fitness: fitnessOf(state, noise),
        diverged: false,
        steps,
        seconds,
        flops: steps,
        parameters: BITS,
        backend: 'bits',
        weights: sha256(Buffer.from(state.bits)),
      };
    }
  };
}

/** The fitness of a training that nothing disturbs. */
export function undisturbedFitness(
  inherited: string | undefined,
  seed: string,
  options: BitStringOptions,
): number {
  const state: State = { bits: inherited ?? '0'.repeat(BITS), random: new SeededRandom(seed) };
  for (let step = 0; step < (options.steps ?? 1); step++) trainStep(state, step);
  return fitnessOf(state, options.noise ?? 0.02);
}

/** The trace so far; a line that is still being written is left out. */
export function readTrace(file: string): TraceLine[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as TraceLine);
}

async function startingState(
  filesystem: Filesystem,
  { individual, output, resume, seed }: EvaluationRequest,
): Promise<State> {
  if (resume === undefined) {
    const inherits = (await filesystem.list(individual)).includes(INHERITED_FILE);
    const bits = inherits
      ? textOf(await filesystem.read(`${individual}/${INHERITED_FILE}`))
      : '0'.repeat(BITS);
    return { bits, random: new SeededRandom(seed) };
  }
  const data = await readCheckpoint(filesystem, output, resume);
  if (data === undefined) {
    // Rejects where the individual was taken away meanwhile.
    await filesystem.list(output);
    throw new Error(`the checkpoint of step ${resume.step} is not in ${output}`);
  }
  const { bits, random } = JSON.parse(textOf(data)) as { bits: string; random: RandomState };
  return { bits, random: new SeededRandom(random) };
}

function textOf(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

function trainStep(state: State, step: number): void {
  const place = integer(state.random, BITS);
  if (step > 0) return;
  const flipped = state.bits[place] === '1' ? '0' : '1';
  state.bits = state.bits.slice(0, place) + flipped + state.bits.slice(place + 1);
}

function fitnessOf({ bits, random }: State, noise: number): number {
  const ones = bits.split('1').length - 1;
  return Math.min(1, Math.max(0, ones / BITS + noise * (2 * random.next() - 1)));
}

function trace(
  { trace }: BitStringOptions,
  { id, attempt, output }: EvaluationRequest,
  line: Omit<TraceLine, 'id' | 'attempt' | 'tenure' | 'pid'>,
): void {
  if (trace === undefined) return;
  const whole: TraceLine = { ...line, id, attempt, tenure: Number(basename(output)), pid: process.pid };
  // One short append: lines of several processes do not mix.
  if (typeof trace === 'string') appendFileSync(trace, `${JSON.stringify(whole)}\n`);
  else trace(whole);
}
