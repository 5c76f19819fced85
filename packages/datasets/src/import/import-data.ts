import { dirname, join } from 'node:path';
import { makeAside } from '../aside.js';
import type { Contents, ImageSet } from '../dataset.js';
import { DatasetError } from '../errors.js';
import type { PackHeader } from '../pack-format.js';
import { split } from '../split.js';
import { writePack } from '../write-pack.js';
import type { Shaping } from './decode.js';
import { type OpenOptions, openSource } from './open-source.js';
import type { RawSet, RawSource } from './raw-source.js';
import { type Broken, type Workshop, spool } from './spool.js';

/** So many examples, or such a share of those that are not of a part of their own. */
export type Amount = { count: number } | { share: number };

export interface ImportOptions extends OpenOptions, Shaping {
  name: string;
  seed: number;
  /** Absent: a tenth. */
  validation?: Amount | undefined;
  test?: Amount | undefined;
  skipBroken: boolean;
  /** How far it is: images that are decoded, then bytes that are written. */
  onProgress?: (stage: 'decoding' | 'writing', done: number, of: number) => void;
  /** Aborted: it ends, and leaves nothing behind. */
  signal?: AbortSignal | undefined;
}

export interface Imported {
  header: PackHeader;
  skipped: Broken;
  notes: string[];
}

const DEFAULT_SHARE: Amount = { share: 0.1 };

/**
 * Makes a packed data set. However large the source is, memory holds a few images and the labels; the disk of `out`
 * holds all images twice for a while.
 *
 * Thrown when the source, or the options for it, are not right (`DatasetError`), and what the disk says when it is full.
 */
export async function importData(path: string, out: string, options: ImportOptions): Promise<Imported> {
  const aside = makeAside(join(dirname(out), '.importing-'));
  const scratch = aside.folder;
  try {
    const source = await openSource(path, options, options, scratch);
    try {
      return await pack(path, source, out, options, scratch);
    } finally {
      source.close();
    }
  } finally {
    aside.remove();
  }
}

async function pack(
  path: string,
  source: RawSource,
  out: string,
  options: ImportOptions,
  scratch: string,
): Promise<Imported> {
  refuseSecond(source, options);
  const sets = await decodeAll(source, options, scratch);
  try {
    const { pool, validation, test, shape, broken } = sets;
    const { seed } = options;
    const parts = split(
      {
        ...shape,
        classes: source.classes,
        pool,
        ...own('ownValidation', validation),
        ...own('ownTest', test),
      },
      {
        seed,
        validation: amountOf(options.validation, pool.count),
        test: amountOf(options.test, pool.count),
        train: undefined,
      },
    );
    const contents: Contents = { name: options.name, ...shape, classes: source.classes, ...parts };
    refuseUntaught(path, contents);
    const bytes =
      (pool.count + (validation?.count ?? 0) + (test?.count ?? 0)) *
      shape.height *
      shape.width *
      shape.channels;
    let written = 0;
    const header = await writePack(
      out,
      contents,
      {
        split: { seed, validation: validation ? 'own' : 'drawn', test: test ? 'own' : 'drawn' },
        origin: source.origin,
      },
      {
        onBytes: (count) => options.onProgress?.('writing', (written += count), bytes),
        signal: options.signal,
      },
    );
    return { header, skipped: broken, notes: source.notes };
  } finally {
    sets.close();
  }
}

async function decodeAll(source: RawSource, options: ImportOptions, scratch: string) {
  const raws = [source.pool, source.validation, source.test];
  const total = raws.reduce((sum, raw) => sum + (raw?.count ?? 0), 0);
  let done = 0;
  const workshop: Workshop = {
    shaping: { size: options.size, channels: options.channels },
    broken: { count: 0, examples: [] },
    onImage: (count) => options.onProgress?.('decoding', (done += count), total),
    signal: options.signal,
  };
  const opened: { close(): void }[] = [];
  const close = () => opened.forEach((set) => set.close());
  const decoded = async (raw: RawSet, name: string) => {
    const set = await spool(raw, join(scratch, name), workshop);
    opened.push(set);
    return set;
  };
  try {
    const pool = await decoded(source.pool, 'pool');
    const validation = source.validation && (await decoded(source.validation, 'validation'));
    const test = source.test && (await decoded(source.test, 'test'));
    const { broken, first } = workshop;
    if (broken.count > 0 && !options.skipBroken) throw brokenError(broken, total);
    if (first === undefined)
      throw new DatasetError(
        'malformed-file',
        `Of ${total} images none can be decoded.\n${listBroken(broken)}`,
      );
    return { pool, validation, test, shape: first.shape, broken, close };
  } catch (error) {
    close();
    throw error;
  }
}

function brokenError(broken: Broken, total: number): DatasetError {
  return new DatasetError(
    'malformed-file',
    `${broken.count} of ${total} images cannot be decoded:\n${listBroken(broken)}\n` +
      'Replace them or take them out, or go on without them: --skip-broken.',
  );
}

/** The broken images, one a line. */
export function listBroken({ count, examples }: Broken): string {
  const lines = examples.map((example) => `  ${example}`);
  return [...lines, ...(count > lines.length ? [`  and ${count - lines.length} more`] : [])].join('\n');
}

function refuseSecond(source: RawSource, { validation, test }: ImportOptions): void {
  const refuse = (part: string) => {
    throw new DatasetError(
      'bad-options',
      `--${part}: there are ${part} images of their own, so none are drawn.`,
    );
  };
  if (source.validation && validation) refuse('validation');
  if (source.test && test) refuse('test');
}

function amountOf(amount: Amount = DEFAULT_SHARE, of: number): number {
  return 'count' in amount ? amount.count : Math.max(1, Math.round(amount.share * of));
}

/** A class without a training example would be one that nothing can learn. */
function refuseUntaught(path: string, { classes, train, validation, test }: Contents): void {
  const taught = new Set(train.labels);
  const untaught = classes.filter((_, label) => !taught.has(label));
  if (untaught.length === 0) {
    for (const [name, set] of [
      ['validation', validation],
      ['test', test],
    ] as const) {
      if (set.count === 0)
        throw new DatasetError('too-few-examples', `${path}: there is no image for ${name}.`);
    }
    return;
  }
  throw new DatasetError(
    'too-few-examples',
    `${path}: ${untaught.length === 1 ? 'the class' : 'the classes'} ${untaught.slice(0, 10).join(', ')}${
      untaught.length > 10 ? ` and ${untaught.length - 10} more` : ''
    } ${untaught.length === 1 ? 'has' : 'have'} no image for training. Add images, take the class out, or draw the split otherwise: --seed, --validation, --test.`,
  );
}

function own<K extends string>(key: K, set: ImageSet | undefined): Partial<Record<K, ImageSet>> {
  return set === undefined ? {} : ({ [key]: set } as Record<K, ImageSet>);
}
