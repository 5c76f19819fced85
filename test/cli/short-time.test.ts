import { expect, test } from 'vitest';
import { type Resumable, beforeTimeIsShort } from '../../packages/cli/src/short-time.js';

const begun = new Date('2017-03-03T10:00:00Z').getTime();

/** After which minute of a job of two hours a worker leaves, whose trainings take so many minutes each. */
function leavesAfter(minutes: number, trainer: Resumable, end: string | undefined): number | undefined {
  let now = begun;
  let left: number | undefined;
  const hear = beforeTimeIsShort(
    trainer,
    { now: () => new Date(now) },
    () => (left ??= (now - begun) / 60_000),
    { SLURM_JOB_END_TIME: end },
  );
  for (let id = 1; now < begun + 7_200_000; id++) {
    hear({ event: 'born', id: `w1-${id}`, parent: undefined, mutations: [] });
    now += minutes * 60_000;
    hear({ event: 'published', id: `w1-${id}`, fitness: 0.5, seconds: minutes * 60 });
  }
  return left;
}

const end = String(begun / 1000 + 7200);

test('a worker begins nothing that the time is too short for and that nobody could go on with', () => {
  // A minute before the end it would be asked to leave.
  expect(leavesAfter(50, { keepsCheckpoints: false }, end)).toBe(100);
  expect(leavesAfter(40, { keepsCheckpoints: false }, end)).toBe(80);
  expect(leavesAfter(10, { keepsCheckpoints: false }, end)).toBe(110);
});

test('it goes on where checkpoints are kept, where that is not known yet, and in a job without an end', () => {
  expect(leavesAfter(50, { keepsCheckpoints: true }, end)).toBeUndefined();
  expect(leavesAfter(50, { keepsCheckpoints: undefined }, end)).toBeUndefined();
  expect(leavesAfter(50, { keepsCheckpoints: false }, undefined)).toBeUndefined();
});
