import { z } from 'zod';
import { Coverage } from './coverage.js';
import { POPULATION_FORMAT, parseDocument } from './documents.js';
import { PopulationError } from './errors.js';
import { readIfPresent } from './files.js';
import { type IndividualId, type WorkerName, isIndividualId, isWorkerName } from './layout.js';
import { type Outline, type OutlineDetails, outlineDetailsSchema } from './outline.js';
import type { Population } from './population.js';

/** Where what can be made again from the histories lies. */
export const DIGESTS = 'digests';
/** Bytes that no file of digests comes near to. */
export const DIGEST_LIMIT = 2 ** 28;

/** Where in the histories a record stands. */
export interface Place {
  readonly worker: WorkerName;
  readonly start: number;
  /** Without its newline. */
  readonly length: number;
}

/** What lists need of a record, and where it stands. */
export interface RecordedOutline extends Outline {
  readonly state: 'collected';
  readonly place: Place;
}

/** One file of digests: never changed, only replaced by one that says as much. */
export interface Digest {
  readonly name: string;
  /** What it says of the histories: nobody is recorded there whom it does not know. */
  readonly coverage: Coverage;
  readonly outlines: readonly RecordedOutline[];
}

const range = z.tuple([z.int().min(0), z.int().min(0)]);
const headerSchema = z.strictObject({
  format: z.literal(POPULATION_FORMAT),
  outlines: z.int().min(0),
  /** Of all that follows the first line: less, and it was never finished. */
  bytes: z.int().min(0),
  covers: z.record(z.string().refine(isWorkerName), z.array(range)),
  ended: z.array(z.string().refine(isWorkerName)),
});

/** `<writer>-<counter>~<outlines>`: which to put together is seen by the names. */
export function digestName(writer: WorkerName, counter: number, outlines: number): string {
  return `${writer}-${counter}~${outlines}`;
}

/** How many outlines a name promises; undefined where it is none of ours. */
export function parseDigestName(name: string): { outlines: number } | undefined {
  const [id = '', outlines = '', ...rest] = name.split('~');
  const isOurs = isIndividualId(id) && /^[0-9]{1,9}$/.test(outlines) && rest.length === 0;
  return isOurs ? { outlines: Number(outlines) } : undefined;
}

export function formatDigest(coverage: Coverage, outlines: readonly RecordedOutline[]): string {
  const body = outlines.map(formatLine).join('');
  const all = coverage.list();
  const header: z.infer<typeof headerSchema> = {
    format: POPULATION_FORMAT,
    outlines: outlines.length,
    bytes: Buffer.byteLength(body),
    covers: Object.fromEntries(
      all.map(({ worker, ranges }) => [worker, ranges.map(([from, to]) => [from, to])]),
    ),
    ended: all.filter(({ hasEnded }) => hasEnded).map(({ worker }) => worker),
  };
  return `${JSON.stringify(header)}\n${body}`;
}

/**
 * Reads a file of digests; undefined where it is gone, was never finished, or is not what it should be: what it was
 * to say is in the histories.
 * @throws PopulationError `NEWER_FORMAT`, `UNFIT` when it cannot be read.
 */
export async function readDigest(population: Population, name: string): Promise<Digest | undefined> {
  const file = population.path(`${DIGESTS}/${name}`);
  try {
    const data = await readIfPresent(population.filesystem, file, DIGEST_LIMIT);
    return data === undefined ? undefined : parseDigest(name, file, data);
  } catch (error) {
    if (error instanceof PopulationError && error.code === 'INVALID') return undefined;
    throw error;
  }
}

function parseDigest(name: string, file: string, data: Uint8Array): Digest | undefined {
  const end = data.indexOf(NEWLINE);
  if (end < 0) return undefined;
  const header = parseDocument(headerSchema, data.subarray(0, end), file);
  const body = data.subarray(end + 1);
  if (body.length !== header.bytes) return undefined;
  const outlines = parseLines(new TextDecoder().decode(body), file);
  if (outlines?.length !== header.outlines) return undefined;
  const coverage = new Coverage();
  for (const [worker, ranges] of Object.entries(header.covers))
    for (const [from, to] of ranges) coverage.add(worker, [from, to]);
  for (const worker of header.ended) coverage.end(worker);
  return { name, coverage, outlines };
}

const NEWLINE = 0x0a;

/** What one is found by stands before the details, so that those are only read of whom is shown. */
function formatLine({ id, parent, fitness, place, details }: RecordedOutline): string {
  const { worker, start, length } = place;
  const head = [id, parent ?? '', fitness ?? '', worker, start, length].join('\t');
  return `${head}\t${JSON.stringify(details)}\n`;
}

function parseLines(text: string, file: string): RecordedOutline[] | undefined {
  const outlines: RecordedOutline[] = [];
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    const outline = end < 0 ? undefined : parseLine(text, start, end, file);
    if (outline === undefined) return undefined;
    outlines.push(outline);
    start = end + 1;
  }
  return outlines;
}

function parseLine(text: string, start: number, end: number, file: string): RecordedOutline | undefined {
  let at = start;
  const field = (): string => {
    const from = at;
    const tab = text.indexOf('\t', from);
    at = tab + 1;
    return tab < 0 || tab > end ? '\t' : text.slice(from, tab);
  };
  const [id, parent, fitness, worker, from, length] = [field(), field(), field(), field(), field(), field()];
  const isSound =
    isIndividualId(id) &&
    (parent === '' || isIndividualId(parent)) &&
    Number(fitness) >= 0 &&
    Number(fitness) <= 1 &&
    isWorkerName(worker) &&
    /^[0-9]{1,15}$/.test(from) &&
    /^[0-9]{1,15}$/.test(length);
  if (!isSound) return undefined;
  return new WrittenOutline(
    id,
    parent === '' ? null : parent,
    fitness === '' ? null : Number(fitness),
    { worker, start: Number(from), length: Number(length) },
    { file, text, at, end },
  );
}

/** An outline whose details are read when they are first asked for: of a hundred thousand a list shows twenty. */
class WrittenOutline implements RecordedOutline {
  readonly state = 'collected';
  #details: OutlineDetails | undefined;
  readonly #written: {
    readonly file: string;
    readonly text: string;
    readonly at: number;
    readonly end: number;
  };

  constructor(
    readonly id: IndividualId,
    readonly parent: IndividualId | null,
    readonly fitness: number | null,
    readonly place: Place,
    written: { readonly file: string; readonly text: string; readonly at: number; readonly end: number },
  ) {
    this.#written = written;
  }

  /** @throws PopulationError `INVALID` where they are not what they should be. */
  get details(): OutlineDetails {
    return (this.#details ??= this.#read());
  }

  #read(): OutlineDetails {
    const { file, text, at, end } = this.#written;
    try {
      return parseDocument(outlineDetailsSchema, text.slice(at, end), file);
    } catch (error) {
      if (!(error instanceof PopulationError)) throw error;
      const fix = 'remove this file: all of it stands in the histories';
      throw new PopulationError(error.code, `${error.message}; ${fix}`, { cause: error });
    }
  }
}
