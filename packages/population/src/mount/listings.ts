import { byMany } from './by-many.js';
import type { Gathering } from './gathering.js';

/** What listings show of entries that are renamed meanwhile, over all participants that listed. */
export interface ListingFacts {
  /** Listings of a directory while entries were renamed in it. */
  readonly within: number;
  /** Of them, those in which an entry was under neither of its names. */
  readonly missed: number;
  /** Those in which one was under both, or a name was there twice. */
  readonly doubled: number;
  /** Listings of two directories, the source first, while entries were renamed from the one to the other. */
  readonly between: number;
  /** Of them, those in which an entry was in neither. */
  readonly missedBetween: number;
  /** Of all listings, those that missed an entry that nobody touched. */
  readonly missedUntouched: number;
}

type Counts = { -readonly [Key in keyof ListingFacts]: number };

/** The last renames; all others list meanwhile. */
export async function listWhileRenaming(
  gathering: Gathering,
  entries: number,
  times: number,
): Promise<ListingFacts> {
  const counts: Counts = {
    within: 0,
    missed: 0,
    doubled: 0,
    between: 0,
    missedBetween: 0,
    missedUntouched: 0,
  };
  const looks = { entries, counts, gathering };
  for (let time = 0; time < times; time++) {
    await act(gathering, `within-${time}`, entries, {
      move: (folder, name) => [`${folder}/from/${name}`, `${folder}/from/${name}~1`],
      look: (folder) => lookWithin(looks, folder),
    });
    await act(gathering, `between-${time}`, entries, {
      move: (folder, name) => [`${folder}/from/${name}`, `${folder}/to/${name}`],
      look: (folder) => lookBetween(looks, folder),
    });
  }
  const all = await gathering.share(counts);
  const sum = (key: keyof Counts) => all.reduce((total, each) => total + each[key], 0);
  return {
    within: sum('within'),
    missed: sum('missed'),
    doubled: sum('doubled'),
    between: sum('between'),
    missedBetween: sum('missedBetween'),
    missedUntouched: sum('missedUntouched'),
  };
}

interface Act {
  readonly move: (folder: string, name: string) => [from: string, to: string];
  readonly look: (folder: string) => Promise<void>;
}

async function act(gathering: Gathering, name: string, entries: number, { move, look }: Act): Promise<void> {
  const { filesystem, isLast } = gathering;
  const folder = gathering.path(name);
  if (isLast) await prepare(gathering, folder, entries);
  await gathering.share('prepared');
  if (isLast) for (const entry of moving(entries)) await filesystem.rename(...move(folder, entry));
  else
    do await look(folder);
    while (!(await gathering.isWaiting(gathering.last)));
  await gathering.share('moved');
}

async function prepare({ filesystem }: Gathering, folder: string, entries: number): Promise<void> {
  for (const directory of [folder, `${folder}/from`, `${folder}/to`])
    await filesystem.makeDirectory(directory);
  const untouched = [...still(entries)].flatMap((name) => [`from/${name}`, `to/${name}`]);
  const paths = [...moving(entries).map((name) => `from/${name}`), ...untouched];
  await byMany(paths.length, (index) => filesystem.makeDirectory(`${folder}/${paths[index]}`));
}

const moving = (entries: number) => Array.from({ length: entries }, (_, index) => `moving-${index}`);
const still = (entries: number) =>
  Array.from({ length: Math.ceil(entries / 4) }, (_, index) => `still-${index}`);

interface Looks {
  readonly gathering: Gathering;
  readonly entries: number;
  readonly counts: Counts;
}

async function lookWithin({ gathering, entries, counts }: Looks, folder: string): Promise<void> {
  const names = await gathering.filesystem.list(`${folder}/from`);
  const listed = new Set(names);
  counts.within++;
  if (moving(entries).some((name) => !listed.has(name) && !listed.has(`${name}~1`))) counts.missed++;
  if (
    listed.size < names.length ||
    moving(entries).some((name) => listed.has(name) && listed.has(`${name}~1`))
  )
    counts.doubled++;
  if (still(entries).some((name) => !listed.has(name))) counts.missedUntouched++;
}

async function lookBetween({ gathering, entries, counts }: Looks, folder: string): Promise<void> {
  const source = new Set(await gathering.filesystem.list(`${folder}/from`));
  const destination = new Set(await gathering.filesystem.list(`${folder}/to`));
  counts.between++;
  if (moving(entries).some((name) => !source.has(name) && !destination.has(name))) counts.missedBetween++;
  if (still(entries).some((name) => !source.has(name) || !destination.has(name))) counts.missedUntouched++;
}
