import { ifPresent } from '../filesystem-errors.js';
import { clear } from './clear-up.js';
import type { Gathering } from './gathering.js';
import { isWhole, makeParcel } from './parcel.js';
import { type Course, type Fault, type RaceFacts, type Round, WON, race, winners } from './race.js';

/** Several rename the same directory, each to a name of its own: what every transition of the population is. */
export async function raceToOwnNames(gathering: Gathering, course: Course, lap: number): Promise<RaceFacts> {
  const { filesystem, me, isFirst, names } = gathering;
  return await onStage(gathering, `own-names-${lap}`, (folder) =>
    race(gathering, course, {
      prepare: async (round) => {
        if (isFirst) await makeParcel(filesystem, `${folder}/${round}`, String(round));
      },
      attempt: (round) => filesystem.rename(`${folder}/${round}`, `${folder}/${round}~${me}`),
      audit: async (outcomes) => {
        const listed = new Set(await filesystem.list(folder));
        const faults = outcomes.map(async (outcome, round): Promise<Fault[]> => {
          const found = ['', ...names.map((name) => `~${name}`)]
            .map((suffix) => `${round}${suffix}`)
            .filter((name) => listed.has(name));
          const parcels = found.map((name) => isWhole(filesystem, `${folder}/${name}`, String(round)));
          const isSpoilt = (await Promise.all(parcels)).includes(false);
          return [...placeFaults(found, isSpoilt), ...claimFaults(names, outcome, round, listed)];
        });
        return (await Promise.all(faults)).flat();
      },
    }),
  );
}

function placeFaults(found: readonly string[], isSpoilt: boolean): Fault[] {
  return [
    ...(found.length === 0 ? (['lost'] as const) : []),
    ...(found.length > 1 ? (['doubled'] as const) : []),
    ...(isSpoilt ? (['spoilt'] as const) : []),
  ];
}

function claimFaults(
  names: readonly string[],
  outcome: Round,
  round: number,
  listed: ReadonlySet<string>,
): Fault[] {
  return names.flatMap((name): Fault[] => {
    const isThere = listed.has(`${round}~${name}`);
    const isTold = outcome.get(name) === WON;
    return isThere === isTold ? [] : [isTold ? 'falseWins' : 'falseLosses'];
  });
}

/** Each renames a directory of its own, and all give the same name. */
export async function raceToOneName(gathering: Gathering, course: Course): Promise<RaceFacts> {
  const { filesystem, me, names } = gathering;
  return await onStage(gathering, 'one-name', (folder) =>
    race(gathering, course, {
      prepare: (round) => makeParcel(filesystem, `${folder}/${round}~${me}`, `${round}~${me}`),
      attempt: (round) => filesystem.rename(`${folder}/${round}~${me}`, `${folder}/${round}`),
      audit: async (outcomes) => {
        const listed = new Set(await filesystem.list(folder));
        const faults = outcomes.map(async (outcome, round): Promise<Fault[]> => {
          const holds = (place: string, owner: string) =>
            isWhole(filesystem, `${folder}/${place}`, `${round}~${owner}`);
          const owners = await Promise.all(
            names.map(async (name) => ({
              name,
              hasWon: await holds(String(round), name),
              hasStayed: listed.has(`${round}~${name}`),
              isUntouched: await holds(`${round}~${name}`, name),
            })),
          );
          return [
            ...owners.flatMap(({ name, hasWon, hasStayed, isUntouched }): Fault[] => {
              const isTold = outcome.get(name) === WON;
              return [
                ...(isTold && !hasWon ? (['falseWins'] as const) : []),
                ...(!isTold && hasWon ? (['falseLosses'] as const) : []),
                ...(!hasWon && !hasStayed ? (['lost'] as const) : []),
                ...(hasWon && hasStayed ? (['doubled'] as const) : []),
                ...(hasStayed && !isUntouched ? (['spoilt'] as const) : []),
              ];
            }),
            // Nobody's, or of several.
            ...(listed.has(String(round)) && !owners.some(({ hasWon }) => hasWon)
              ? (['spoilt'] as const)
              : []),
          ];
        });
        return (await Promise.all(faults)).flat();
      },
    }),
  );
}

/** Several make the same directory. */
export async function raceToMake(gathering: Gathering, course: Course): Promise<RaceFacts> {
  const { filesystem } = gathering;
  return await onStage(gathering, 'make', (folder) =>
    race(gathering, course, {
      prepare: () => Promise.resolve(),
      attempt: (round) => filesystem.makeDirectory(`${folder}/${round}`),
      audit: async (outcomes) => {
        const listed = new Set(await filesystem.list(folder));
        return outcomes.flatMap((outcome, round): Fault[] => {
          const count = winners(outcome).length;
          return [
            ...(listed.has(String(round)) ? [] : (['lost'] as const)),
            ...Array<Fault>(Math.max(0, count - 1)).fill('falseWins'),
            ...(count === 0 ? (['falseLosses'] as const) : []),
          ];
        });
      },
    }),
  );
}

/** Several give the same name to a file of their own, by hard links, or create it where there are none. */
export async function raceToName(
  gathering: Gathering,
  course: Course,
  by: 'link' | 'create',
): Promise<RaceFacts> {
  const { filesystem, me, names } = gathering;
  return await onStage(gathering, by, async (folder) => {
    // Some filesystems let a file have a hundred names, and no more.
    const mine = (round: number) => `${folder}/mine~${me}~${Math.floor(round / 50)}`;
    return await race(gathering, course, {
      prepare: async (round) => {
        if (round % 50 === 0) await filesystem.write(mine(round), me);
      },
      attempt: (round) =>
        by === 'link'
          ? filesystem.link(mine(round), `${folder}/${round}`)
          : filesystem.create(`${folder}/${round}`, me),
      audit: async (outcomes) => {
        const listed = new Set(await filesystem.list(folder));
        const faults = outcomes.map(async (outcome, round): Promise<Fault[]> => {
          if (!listed.has(String(round))) return ['lost'];
          const owner = new TextDecoder().decode(await ifPresent(filesystem.read(`${folder}/${round}`)));
          if (!names.includes(owner)) return ['spoilt'];
          return names.flatMap((name): Fault[] => {
            const isTold = outcome.get(name) === WON;
            return isTold === (owner === name) ? [] : [isTold ? 'falseWins' : 'falseLosses'];
          });
        });
        return (await Promise.all(faults)).flat();
      },
    });
  });
}

/** Runs a race in a folder of its own, which the first makes before, and takes away when all are done with it. */
async function onStage(
  gathering: Gathering,
  name: string,
  run: (folder: string) => Promise<RaceFacts>,
): Promise<RaceFacts> {
  const { filesystem, isFirst } = gathering;
  const folder = gathering.path(name);
  if (isFirst) await filesystem.makeDirectory(folder);
  await gathering.share('staged');
  const facts = await run(folder);
  await gathering.share('done');
  if (isFirst) await clear(filesystem, folder);
  return facts;
}
