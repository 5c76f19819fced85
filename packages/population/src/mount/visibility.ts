import { ifPresent } from '../filesystem-errors.js';
import type { Gathering } from './gathering.js';

/** Seconds. */
export interface Delay {
  readonly median: number;
  readonly worst: number;
}

/** How long it takes until another participant sees something, by looking as workers do: half of there and back. */
export interface VisibilityFacts {
  readonly newName: Delay;
  readonly rename: Delay;
  /** Of a small file that is written in place, as a beat is. */
  readonly change: Delay;
}

/** The first calls and the last answers; the others wait. */
export async function measureVisibility(gathering: Gathering, times: number): Promise<VisibilityFacts> {
  const { filesystem, isFirst, isLast, me } = gathering;
  const folder = gathering.path('visibility');
  const beat = (name: string) => `${folder}/beat~${name}`;
  const parcel = (time: number, name: string) => `${folder}/parcel-${time}~${name}`;
  if (isFirst) await filesystem.makeDirectory(folder);
  await gathering.share('made');
  if (isFirst || isLast) {
    await filesystem.write(beat(me), '');
    for (let time = 0; time < times; time++) await filesystem.makeDirectory(parcel(time, me));
  }
  await gathering.share('ready');
  const isListed = async (path: string) =>
    (await filesystem.list(folder)).includes(path.slice(folder.length + 1));
  const newName = await callAndAnswer(gathering, times, {
    act: (time) => filesystem.makeDirectory(`${folder}/new-${time}~${me}`),
    sees: (time, other) => isListed(`${folder}/new-${time}~${other}`),
  });
  const rename = await callAndAnswer(gathering, times, {
    act: (time) => filesystem.rename(parcel(time, me), `${parcel(time, me)}~1`),
    sees: (time, other) => isListed(`${parcel(time, other)}~1`),
  });
  const change = await callAndAnswer(gathering, times, {
    act: (time) => filesystem.write(beat(me), `${time + 1}\n`),
    sees: async (time, other) => {
      const data = await ifPresent(filesystem.read(beat(other)));
      return new TextDecoder().decode(data) === `${time + 1}\n`;
    },
  });
  return { newName, rename, change };
}

interface Exchange {
  readonly act: (time: number) => Promise<void>;
  readonly sees: (time: number, other: string) => Promise<boolean>;
}

async function callAndAnswer(gathering: Gathering, times: number, { act, sees }: Exchange): Promise<Delay> {
  const { clock, names, isFirst, isLast } = gathering;
  const [first = '', last = ''] = [names[0], names.at(-1)];
  const untilSeen = (time: number, other: string) =>
    gathering.until(
      () => sees(time, other),
      () => `does not see what ${other} did`,
    );
  await gathering.share('begin');
  const delays: number[] = [];
  for (let time = 0; time < times && (isFirst || isLast); time++) {
    const calledAt = clock.monotonic();
    if (isFirst) await act(time);
    await untilSeen(time, isFirst ? last : first);
    if (isLast) await act(time);
    if (isFirst) delays.push((clock.monotonic() - calledAt) / 2);
  }
  const [measured = []] = await gathering.share(delays);
  return delayOf(measured);
}

export function delayOf(seconds: readonly number[]): Delay {
  const sorted = seconds.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, worst: sorted.at(-1) ?? 0 };
}
