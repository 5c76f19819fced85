import { expect, test, vi } from 'vitest';
import { beforeJobEnds, timeBefore } from '../../packages/cli/src/job-end.js';

const now = new Date('2017-03-03T10:00:00Z');
const endIn = (seconds: number) => String(now.getTime() / 1000 + seconds);

test.each([
  ['an hour', endIn(3600), 3_540_000],
  ['two minutes, of which a quarter is kept', endIn(120), 90_000],
  ['no time', endIn(0), 0],
  ['less than none', endIn(-100), 0],
  ['none that is said', undefined, undefined],
  ['none that is a time', 'N/A', undefined],
  ['nothing', '', undefined],
])('a worker whose job has %s left leaves before its end', (_what, end, milliseconds) => {
  expect(timeBefore(end, now)).toBe(milliseconds);
});

test('it is told once, unless it does not want to know any more', () => {
  vi.useFakeTimers();
  const told: string[] = [];
  const clock = { now: () => now };
  beforeJobEnds(clock, () => told.push('first'), { SLURM_JOB_END_TIME: endIn(40) });
  const forget = beforeJobEnds(clock, () => told.push('second'), { SLURM_JOB_END_TIME: endIn(40) });
  beforeJobEnds(clock, () => told.push('third'), {});
  // Longer than a timer can wait.
  beforeJobEnds(clock, () => told.push('fourth'), { SLURM_JOB_END_TIME: endIn(1e8) });
  forget();
  vi.advanceTimersByTime(29_000);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual(['first']);
  vi.useRealTimers();
});
