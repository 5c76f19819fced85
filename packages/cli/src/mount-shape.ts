import { z } from 'zod';

const seconds = z.number();
const delay = z.strictObject({ median: seconds, worst: seconds });

const soloShape = z.strictObject({
  medium: z
    .enum(['disk', 'memory', 'network'])
    .describe('A disk of this machine, its memory, or a network mount, by what it says of itself.'),
  freeBytes: z.number(),
  freeInodes: z.number().nullable().describe('Null where the filesystem has no fixed number.'),
  written: delay.describe('Seconds to write 4 kB.'),
  synced: delay.nullable().describe('The same, and to have it on disk; null: it refuses.'),
  directorySynced: delay.nullable().describe('To have a directory on disk; null: it refuses.'),
  renamed: delay.describe('To rename a directory, while nobody else does.'),
  renamesPerSecond: z.number(),
  timeStep: seconds.describe('The least by which the times of two files differ.'),
  serverAhead: seconds.describe(
    'By how much the clock that gives files their times is ahead of this host’s.',
  ),
  serverAheadError: seconds,
  hasLinks: z.boolean(),
});

const raceShape = z.strictObject({
  rounds: z.int(),
  contested: z.int().describe('Rounds in which two were at it at the same time.'),
  falseWins: z.int().describe('One was told that it had won, and had not.'),
  falseLosses: z.int().describe('One was told that it had lost, and had won.'),
  lost: z.int().describe('What was raced for is nowhere.'),
  doubled: z.int().describe('It is there twice.'),
  spoilt: z.int().describe('It is there, and not whole.'),
  answers: z.record(z.string(), z.int()).describe('What those who lost were told, and how often.'),
});

const sharedShape = z.strictObject({
  participants: z.int(),
  ownNames: raceShape.describe('All rename the same directory, each to a name of its own.'),
  oneName: raceShape.nullable().describe('Each renames a directory of its own, all to the same name.'),
  made: raceShape.describe('All make the same directory.'),
  named: raceShape.describe('All give the same name to a file: by hard links, or exclusive creation.'),
  listings: z
    .strictObject({
      within: z.int().describe('Listings of a directory while entries were renamed in it.'),
      missed: z.int().describe('Of them, those in which an entry was under neither of its names.'),
      doubled: z.int().describe('Those in which one was under both.'),
      between: z.int().describe('Listings of two directories while entries went from one to the other.'),
      missedBetween: z.int().describe('Of them, those in which an entry was in neither.'),
      missedUntouched: z.int().describe('Of all, those that missed an entry that nobody touched.'),
    })
    .nullable(),
  visibility: z
    .strictObject({ newName: delay, rename: delay, change: delay })
    .describe('Seconds until another participant sees what one did.'),
  clocks: z
    .strictObject({ ahead: seconds, error: seconds })
    .describe('By how much the last participant’s clock is ahead of the first one’s.'),
});

export const mountShape = z.strictObject({
  path: z.string(),
  verdict: z.enum(['fit', 'fit with limits', 'unfit']),
  settings: z.strictObject({ leaseSeconds: z.number() }).describe('What follows for `bounds`.'),
  judgements: z.array(
    z.strictObject({
      subject: z.string(),
      level: z.enum(['good', 'limit', 'unfit']),
      measured: z.string(),
      follows: z.string().nullable(),
    }),
  ),
  alone: soloShape.describe('What one process of this host found.'),
  together: sharedShape.describe('What several processes of this host found.'),
  between: z
    .strictObject({ other: z.string(), isFirst: z.boolean(), together: sharedShape })
    .nullable()
    .describe('With --peer: what this host and the other one found.'),
  peerProblem: z.string().nullable().describe('With --peer: why the two did not come to try it together.'),
});
export type Mount = z.infer<typeof mountShape>;
