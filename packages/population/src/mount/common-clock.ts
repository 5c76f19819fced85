import type { Clock } from '../clock.js';
import { ifPresent } from '../filesystem-errors.js';
import type { Gathering } from './gathering.js';

/** How far the clock of the last participant is ahead of the first one's, and how inexact that is: seconds. */
export interface ClockFacts {
  readonly ahead: number;
  readonly error: number;
}

/** What all participants may take for the time, and how far each may be off: seconds. */
export interface CommonClock {
  now(): number;
  readonly error: number;
}

/** The first asks the last for the time, again and again: the quickest answer tells most. */
export async function compareClocks(gathering: Gathering, times: number): Promise<ClockFacts> {
  const { filesystem, isFirst, isLast, names } = gathering;
  const folder = gathering.path('clocks');
  const [first = '', last = ''] = [names[0], names.at(-1)];
  const now = preciseTime(gathering.clock);
  if (isFirst) await filesystem.makeDirectory(folder);
  await gathering.share('made');
  const say = (time: number, said: readonly number[]) =>
    filesystem.write(`${folder}/${time}~${gathering.me}`, `${JSON.stringify(said)}\n`);
  const hear = async (time: number, other: string): Promise<number[]> => {
    const name = `${time}~${other}`;
    let text = '';
    await gathering.until(
      async () => {
        if (!(await filesystem.list(folder)).includes(name)) return false;
        text = new TextDecoder().decode(await ifPresent(filesystem.read(`${folder}/${name}`)));
        return text.endsWith('\n');
      },
      () => `waits for the time of ${other}`,
    );
    return JSON.parse(text) as number[];
  };
  let best: ClockFacts = { ahead: 0, error: Infinity };
  for (let time = 0; time < times && (isFirst || isLast); time++) {
    if (isFirst) {
      const asked = now();
      await say(time, []);
      const [heard = 0, answered = 0] = await hear(time, last);
      const back = now();
      const error = (back - asked - (answered - heard)) / 2;
      if (error < best.error) best = { ahead: (heard + answered - asked - back) / 2, error };
    } else {
      await hear(time, first);
      await say(time, [now(), now()]);
    }
  }
  const [said = best] = await gathering.share(best);
  return said;
}

/** The first one's clock, as each participant can know it. */
export function commonClock(
  { clock, isOneHost, isFirst }: Gathering,
  { ahead, error }: ClockFacts,
): CommonClock {
  const now = preciseTime(clock);
  if (isOneHost) return { now, error: 0 };
  return { now: isFirst ? now : () => now() - ahead, error };
}

/** How often it is looked when the milliseconds change: whoever is interrupted there sees it too late. */
const TICKS = 5;

/** The time of day in seconds, finer than a date tells it: by the instants at which its milliseconds change. */
function preciseTime(clock: Clock): () => number {
  const ahead = Math.max(...Array.from({ length: TICKS }, () => nextMillisecond(clock) - clock.monotonic()));
  return () => clock.monotonic() + ahead;
}

/** Waits until it changes, which takes no longer than that. */
function nextMillisecond(clock: Clock): number {
  const date = clock.now().getTime();
  for (;;) {
    const next = clock.now().getTime();
    if (next !== date) return next / 1000;
  }
}
