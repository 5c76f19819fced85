import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Shaping, decodeFile } from './decode.js';
import { type RawSet, type RawSource, importError, unreadable } from './raw-source.js';

const IMAGE = /\.(png|jpe?g|webp)$/i;
/** Folders that name a part of a split. */
const PARTS: Readonly<Record<string, Part>> = {
  train: 'pool',
  training: 'pool',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  test: 'test',
};
type Part = 'pool' | 'validation' | 'test';

const FIX =
  'Make one subfolder for each class, with its PNG, JPEG or WebP files in it: pets/cat/1.png, pets/dog/1.png; ' +
  'or such folders within train/, validation/ and test/.';

/** Image files of one class folder after another. */
interface Listing {
  files: string[];
  labels: number[];
}

/**
 * A folder with one subfolder for each class, or with such folders within `train`, `validation` (`val`) and `test`.
 * Classes are in the order of their names, images too.
 */
export function openImageFolder(root: string, shaping: Shaping): RawSource {
  const top = subfolders(root);
  const parts = top.filter((name) => PARTS[name.toLowerCase()] !== undefined);
  const isSplit = parts.some((name) => PARTS[name.toLowerCase()] === 'pool');
  const roots: [Part, string][] = isSplit
    ? parts.map((name) => [PARTS[name.toLowerCase()]!, join(root, name)])
    : [['pool', root]];
  const classes = [...new Set(roots.flatMap(([, folder]) => subfolders(folder)))].sort();
  if (classes.length === 0)
    throw importError(root, 'a folder with one subfolder for each class', found(root), FIX);
  if (classes.length === 1) {
    throw importError(root, 'at least two classes', `one, ${classes[0]}`, FIX);
  }
  const notes: string[] = [];
  const sets = new Map<Part, Listing>();
  for (const [part, folder] of roots) {
    if (sets.has(part)) {
      throw importError(root, 'one folder for each part', `two for ${part === 'pool' ? 'train' : part}`, FIX);
    }
    sets.set(part, list(folder, classes, notes));
  }
  const setOf = (part: Part): RawSet | undefined => {
    const listing = sets.get(part);
    return listing && rawSet(listing, shaping);
  };
  const pool = setOf('pool');
  const validation = setOf('validation');
  const test = setOf('test');
  if (pool === undefined || pool.count === 0)
    throw importError(root, 'images in the folders of the classes', 'none', FIX);
  return {
    classes,
    pool,
    ...(validation && { validation }),
    ...(test && { test }),
    origin: `image folder ${basename(root)}`,
    notes,
    close: () => undefined,
  };
}

function rawSet({ files, labels }: Listing, shaping: Shaping): RawSet {
  return {
    count: files.length,
    labels,
    nameOf: (index) => files[index] ?? '',
    image: (index) => decodeFile(files[index] ?? '', shaping),
  };
}

function list(folder: string, classes: readonly string[], notes: string[]): Listing {
  const files: string[] = [];
  const labels: number[] = [];
  const present = new Set(subfolders(folder));
  classes.forEach((name, label) => {
    if (!present.has(name)) return;
    const names = entries(join(folder, name)).map((entry) => entry.name);
    const others = names.filter((file) => !IMAGE.test(file) && !file.startsWith('.'));
    if (others.length > 0) {
      notes.push(
        `${join(folder, name)}: ${others.length} ${others.length === 1 ? 'entry that is' : 'entries that are'} no PNG, JPEG or WebP file ${
          others.length === 1 ? 'was' : 'were'
        } passed over: ${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''}`,
      );
    }
    for (const file of names.filter((one) => IMAGE.test(one) && !one.startsWith('.')).sort()) {
      files.push(join(folder, name, file));
      labels.push(label);
    }
  });
  return { files, labels };
}

/** Hidden ones are nobody's class. */
function subfolders(folder: string): string[] {
  return entries(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

function entries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function found(folder: string): string {
  const count = entries(folder).length;
  return count === 0 ? 'an empty folder' : `${count} files and no subfolder`;
}
