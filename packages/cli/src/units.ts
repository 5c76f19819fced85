import { DURATION_PATTERN, parseDuration } from './duration.js';

/** How a person may write what a field counts. */
export interface Unit {
  readonly name: 'duration' | 'size' | 'operations';
  /** A regular expression. */
  readonly pattern: string;
  /** Undefined where the text is none. */
  readonly parse: (text: string) => number | undefined;
  readonly advice: string;
}

const duration: Unit = {
  name: 'duration',
  pattern: DURATION_PATTERN,
  parse: parseDuration,
  advice: 'write seconds, or a duration as 90s, 30m or 2h',
};

const size: Unit = {
  name: 'size',
  pattern: '^[0-9]+(\\.[0-9]+)?(k|M|G|T)i?B$',
  parse: parseSize,
  advice: 'write bytes, or a size as 500MB or 2TB',
};

const operations: Unit = {
  name: 'operations',
  pattern: '^[0-9]+(\\.[0-9]+)?(k|M|G|T|P|E|Z)?FLOPs?$',
  parse: parseOperations,
  advice: 'write a number of operations, as 9e19, or 20PFLOP',
};

/** What a field counts, by its name; undefined where that has no unit. */
export function unitOf(field: string): Unit | undefined {
  if (/seconds$/i.test(field)) return duration;
  if (/flops(PerExample)?$/i.test(field)) return operations;
  return /bytes$/i.test(field) ? size : undefined;
}

const POWERS = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'];

/** Bytes of a size: `500MB`, `2TB` (powers of 1000), `1GiB` (of 1024). */
export function parseSize(text: string): number | undefined {
  const match = /^([0-9]+(?:\.[0-9]+)?)(k|M|G|T)(i?)B$/.exec(text.replace(/\s+/g, ''));
  if (match === null) return undefined;
  const [, value, prefix = '', binary] = match;
  return Math.round(Number(value) * (binary === '' ? 1000 : 1024) ** POWERS.indexOf(prefix));
}

/** Floating point operations: `20PFLOP`, `90EFLOPs`. */
function parseOperations(text: string): number | undefined {
  const match = /^([0-9]+(?:\.[0-9]+)?)(k|M|G|T|P|E|Z)?FLOPs?$/.exec(text.replace(/\s+/g, ''));
  return match === null ? undefined : Number(match[1]) * 1000 ** POWERS.indexOf(match[2] ?? '');
}
