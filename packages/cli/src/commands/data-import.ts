import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { type Amount, IMPORT_KINDS, type Imported, importData, listBroken } from '@galapagos/datasets';
import { defineCommand } from '../command.js';
import { describePack } from '../describe-pack.js';
import { ExitCode } from '../exit-codes.js';
import { bytes, quote } from '../format.js';
import { realGround } from '../ground.js';
import { importProgress } from '../import-progress.js';
import { onEndSignals } from '../signals.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { PROGRAM } from '../program.js';

export const dataImportCommand = defineCommand({
  name: 'data import',
  describe: 'Pack your own images into one file that a search can use',
  positionals: {
    source: {
      describe:
        'A folder with one subfolder of PNG, JPEG or WebP files for each class, or such folders in train/, validation/ and test/; or .npz, .npy, idx files, a folder of CIFAR',
      type: 'string',
      demandOption: true,
    },
    out: { describe: 'The file to make, pets.gpack say', type: 'string', demandOption: true },
  },
  options: {
    size: {
      describe: 'Resize (stretches) to 32 x 32, or to height x width: 32x48; needed where sizes differ',
      type: 'string',
      requiresArg: true,
    },
    gray: { describe: 'The same as --channels 1', type: 'boolean', default: false },
    channels: { describe: 'Make all images gray (1) or coloured (3)', choices: [1, 3] as const },
    validation: {
      describe: 'Images to select by: a number, or a share as 10%',
      type: 'string',
      requiresArg: true,
      defaultDescription: '10%',
    },
    test: {
      describe: 'Images for the test at the end: a number, or a share',
      type: 'string',
      requiresArg: true,
      defaultDescription: '10%',
    },
    seed: { describe: 'Decides which images these are', type: 'number', requiresArg: true, default: 0 },
    name: {
      describe: 'What the data set is called',
      type: 'string',
      requiresArg: true,
      defaultDescription: 'as the file',
    },
    labels: { describe: 'The labels, for .npy and idx', type: 'string', requiresArg: true },
    kind: { describe: 'What the source is, where that cannot be told from its files', choices: IMPORT_KINDS },
    layout: { describe: 'Where the channels of .npy and .npz are', choices: ['nhwc', 'nchw'] as const },
    'skip-broken': {
      describe: 'Go on without images that cannot be decoded',
      type: 'boolean',
      default: false,
    },
    force: { describe: 'Replace the file that is there', type: 'boolean', default: false },
  },
  examples: [
    ['data import ~/pets pets.gpack --size 32', 'pets/cat/*.jpg, pets/dog/*.jpg'],
    ['data import scans.npz scans.gpack --test 20%', 'x and y, or x_train, y_train, …'],
    ['data import x.npy x.gpack --labels y.npy', ''],
  ],
  run: async ({ source, out, gray, channels, force, ...rest }, terminal) => {
    if (gray && channels === 3) throw new UsageError('--gray and --channels 3 contradict each other');
    refuseOut(out, force);
    const { clock } = realGround();
    const ending = new AbortController();
    let endedWith: number | undefined;
    const end = (exitCode: number) => {
      endedWith = exitCode;
      ending.abort();
    };
    const stopListening = onEndSignals(
      clock,
      (_, exitCode) => end(exitCode),
      (_, exitCode) => process.exit(exitCode),
    );
    // The terminal was closed: as if it were asked to end.
    const hangUp = () => end(ExitCode.terminated);
    process.once('SIGHUP', hangUp);
    try {
      const made = await importData(source, out, {
        name: rest.name ?? basename(out, extname(out)),
        seed: seedOf(rest.seed),
        validation: amountOf('validation', rest.validation),
        test: amountOf('test', rest.test),
        size: sizeOf(rest.size),
        channels: gray ? 1 : channels,
        skipBroken: rest['skip-broken'],
        kind: rest.kind,
        labels: rest.labels,
        layout: rest.layout,
        onProgress: importProgress(terminal, clock),
        signal: ending.signal,
      });
      terminal.status('');
      report(out, made, terminal);
      return ExitCode.done;
    } catch (error) {
      terminal.status('');
      if (endedWith === undefined) throw naming(out, error);
      terminal.err('ended; nothing was left behind');
      return endedWith;
    } finally {
      process.off('SIGHUP', hangUp);
      stopListening();
    }
  },
});

function refuseOut(out: string, force: boolean): void {
  const folder = dirname(resolve(out));
  if (!existsSync(folder)) throw new UsageError(`${out}: there is no folder ${folder}; make it first`);
  if (!existsSync(out)) return;
  if (statSync(out).isDirectory())
    throw new UsageError(`${out}: is a folder; say which file: ${out}/data.gpack`);
  if (!force) throw new UsageError(`${out}: is there already; --force replaces it`);
}

function seedOf(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new UsageError('--seed: a whole number, at least 0');
}

function amountOf(option: string, value: string | undefined): Amount | undefined {
  if (value === undefined) return undefined;
  const [, number = '', sign] = /^(\d+(?:\.\d+)?)(%?)$/.exec(value) ?? [];
  if (sign === '%' && Number(number) > 0 && Number(number) < 100) return { share: Number(number) / 100 };
  if (sign === '' && Number.isInteger(Number(number)) && Number(number) > 0) return { count: Number(number) };
  throw new UsageError(`--${option} ${value}: write a number of images, or a share as 10%`);
}

function sizeOf(size: string | undefined): { height: number; width: number } | undefined {
  if (size === undefined) return undefined;
  const [, height = '', width = height] = /^(\d{1,4})(?:[x×](\d{1,4}))?$/.exec(size) ?? [];
  if (Number(height) > 0 && Number(width) > 0) return { height: Number(height), width: Number(width) };
  throw new UsageError(`--size ${size}: write 32, or height x width as 32x48`);
}

function report(out: string, { header, skipped, notes }: Imported, terminal: Terminal): void {
  for (const note of notes) terminal.err(note);
  if (skipped.count > 0) {
    const what =
      skipped.count === 1
        ? '1 image cannot be decoded, and was'
        : `${skipped.count} images cannot be decoded, and were`;
    terminal.err(`${what} passed over:\n${listBroken(skipped)}`);
  }
  for (const line of describePack(out, header)) terminal.err(line);
  terminal.err(`  ${bytes(statSync(out).size)} on disk, read by all workers of a machine together`);
  terminal.err(`Look at it: ${PROGRAM} data show ${quote(out)} --sheet sheet.png`);
  terminal.err(`Next:       ${PROGRAM} init runs/${quote(header.name)} --data ${quote(out)}`);
}

/** A disk that is full says which file only if we do. */
function naming(out: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || syscall === undefined) return error;
  const named = new Error(
    `${out}: cannot be written: ${error.message}; while it is made it takes twice its size in ${dirname(resolve(out))}`,
    { cause: error },
  );
  return Object.assign(named, { code });
}
