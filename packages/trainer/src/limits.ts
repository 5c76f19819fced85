import type { NetworkCost } from './flops.js';
import type { TrainingSettings } from './settings.js';

type Limit = keyof TrainingSettings['limits'];

/** In which unit each is counted, and of what it is a number. */
const WORDS: Readonly<Record<Limit, readonly [unit: string, what: string]>> = {
  parameters: ['', ' parameters'],
  flopsPerExample: ['FLOP', ' per example'],
  memoryBytes: ['B', ' of memory for a training step'],
  seconds: ['s', ' of training'],
};

/** Which limit a network exceeds, and by what; undefined where it keeps them all. Seconds are known only in training. */
export function excessOver(cost: NetworkCost, { limits, batchSize }: TrainingSettings): string | undefined {
  const found: [Limit, number][] = [
    ['parameters', cost.parameters],
    ['flopsPerExample', cost.flopsPerStep / batchSize],
    ['memoryBytes', cost.memoryBytes],
  ];
  const beyond = found.find(([limit, value]) => value > limits[limit]);
  return beyond && excess(beyond[0], beyond[1], limits[beyond[0]]);
}

/** `61.2 M parameters, more than the limit of 50 M (training.limits.parameters)`. */
export function excess(limit: Limit, value: number, most: number): string {
  const [unit, what] = WORDS[limit];
  return `${readable(value, unit)}${what}, more than the limit of ${readable(most, unit)} (training.limits.${limit})`;
}

/**
 * The memory of a step is estimated before, and looked at while it trains: up to 1.6 times the estimate was found, and
 * what JavaScript has not given back yet comes on top.
 */
const ESTIMATE_ERROR = 2;
const SLACK_BYTES = 256e6;

/**
 * Whether a trainer's process uses more than an individual within its limits can.
 * @param grownBy Bytes by which it has grown since it was ready to train.
 */
export function memoryExcess(grownBy: number, { limits }: TrainingSettings): string | undefined {
  const most = ESTIMATE_ERROR * limits.memoryBytes + SLACK_BYTES;
  if (grownBy <= most) return undefined;
  return `${readable(grownBy, 'B')} of memory in use, more than ${readable(most, 'B')}: twice training.limits.memoryBytes, which is ${readable(limits.memoryBytes, 'B')}, and ${readable(SLACK_BYTES, 'B')}`;
}

/** `61.2 M`, `5.2 GB`: four digits, powers of 1000. */
function readable(value: number, unit: string): string {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
  const power = value < 1000 ? 0 : Math.min(prefixes.length - 1, Math.floor(Math.log10(value) / 3));
  return `${Number((value / 1000 ** power).toPrecision(4))} ${prefixes[power] ?? ''}${unit}`.trimEnd();
}
