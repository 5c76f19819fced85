import type { BetweenFacts, MountFacts, RaceFacts, SharedFacts, SoloFacts } from '@galapagos/population';
import { describe, expect, it } from 'vitest';
import { judgeMount } from '../../packages/cli/src/judge-mount.js';

const quick = { median: 0.001, worst: 0.005 };
const sound = { rounds: 200, contested: 150, falseWins: 0, falseLosses: 0, lost: 0, doubled: 0, spoilt: 0 };
const race = (wrong: Partial<RaceFacts> = {}): RaceFacts => ({
  ...sound,
  answers: { ENOENT: 400 },
  ...wrong,
});

const alone: SoloFacts = {
  medium: 'disk',
  freeBytes: 1e12,
  freeInodes: 1e7,
  written: quick,
  synced: { median: 0.002, worst: 0.01 },
  directorySynced: quick,
  renamed: quick,
  renamesPerSecond: 10_000,
  timeStep: 0.004,
  serverAhead: 0.001,
  serverAheadError: 0.004,
  hasLinks: true,
};
const listings = { within: 100, missed: 30, doubled: 5, between: 100, missedBetween: 0, missedUntouched: 0 };
const together: SharedFacts = {
  participants: 3,
  ownNames: race(),
  oneName: race({ answers: { ENOTEMPTY: 400 } }),
  made: race({ answers: { EEXIST: 400 } }),
  named: race({ answers: { EEXIST: 400 } }),
  listings,
  visibility: { newName: quick, rename: quick, change: quick },
  clocks: { ahead: 0, error: 0.001 },
};

interface Change {
  readonly alone?: Partial<SoloFacts>;
  readonly together?: Partial<SharedFacts>;
}
const facts = (change: Change = {}): MountFacts => ({
  alone: { ...alone, ...change.alone },
  together: { ...together, ...change.together },
});
const withOther = (change: Partial<SharedFacts> = {}, isFirst = true): BetweenFacts => ({
  other: 'node2',
  isFirst,
  together: { ...together, participants: 2, ...change },
});

describe('the verdict', () => {
  it('is fit where all is well, and says of each what was measured', () => {
    const { verdict, settings, judgements } = judgeMount(facts());
    expect({ verdict, settings }).toEqual({ verdict: 'fit', settings: { leaseSeconds: 10 } });
    for (const { level, measured, follows } of judgements) {
      expect({ level, follows }).toEqual({ level: 'good', follows: null });
      expect(measured).not.toBe('');
    }
    expect(judgements[0]).toMatchObject({
      subject: 'renames of one directory',
      measured:
        '200 by 3 processes, each to its own name (150 at the same time): one winner each, nothing lost; losers are told ENOENT',
    });
  });

  it.each<[string, Change, string, string]>([
    ['two win', { together: { ownNames: race({ falseWins: 1 }) } }, 'renames of one directory', 'not atomic'],
    [
      'one is nowhere',
      { together: { ownNames: race({ lost: 1 }) } },
      'renames of one directory',
      'not atomic',
    ],
    [
      'one is twice',
      { together: { ownNames: race({ doubled: 1 }) } },
      'renames of one directory',
      'not atomic',
    ],
    [
      'one is spoilt',
      { together: { ownNames: race({ spoilt: 1 }) } },
      'renames of one directory',
      'not atomic',
    ],
    [
      'losers are told that the disk forbids it',
      { together: { ownNames: race({ answers: { EPERM: 1 } }) } },
      'renames of one directory',
      'EPERM, which a worker takes for the end of the disk',
    ],
    ['two make it', { together: { made: race({ falseWins: 1 }) } }, 'mkdir of one name', 'the same name'],
    ['two name it', { together: { named: race({ falseWins: 1 }) } }, 'creation of one file', 'of two orders'],
    [
      'a listing misses what was there',
      { together: { listings: { ...listings, missedUntouched: 1 } } },
      'listings, of what nobody touches',
      'take individuals that are there for gone',
    ],
    ['files are not synced', { alone: { synced: null } }, 'fsync', 'would stop'],
    ['directories are not synced', { alone: { directorySynced: null } }, 'fsync', 'would stop'],
  ])('is unfit where %s', (_what, change, subject, follows) => {
    const { verdict, judgements } = judgeMount(facts(change));
    expect(verdict).toBe('unfit');
    const unfit = judgements.filter(({ level }) => level === 'unfit');
    expect(unfit).toMatchObject([{ subject, follows: expect.stringContaining(follows) as string }]);
  });

  it.each<[string, Change, string, string]>([
    [
      'two win one name, which nobody gives',
      { together: { oneName: race({ falseWins: 12, lost: 12 }) } },
      'renames to one name',
      'no worker ever gives a name that another may give',
    ],
    [
      'nobody met',
      { together: { ownNames: race({ contested: 3 }) } },
      'renames of one directory',
      'shows little',
    ],
    [
      'answers get lost',
      { together: { ownNames: race({ falseLosses: 3, answers: { EIO: 3 } }) } },
      'renames of one directory',
      'workers look after each rename that failed',
    ],
    [
      'one on its way is missed',
      { together: { listings: { ...listings, missedBetween: 1 } } },
      'listings, of what is renamed',
      'one too small for a moment',
    ],
    ['fsync is slow', { alone: { synced: { median: 0.2, worst: 0.3 } } }, 'fsync', 'a birth takes 1.0 s'],
    [
      'renames are slow',
      { alone: { renamed: { median: 0.1, worst: 0.2 } } },
      'speed of renames',
      'a birth takes 0.2 s',
    ],
    ['clocks differ', { alone: { serverAhead: -40 } }, 'times of files', 'no lease depends on it'],
    ['it is in memory', { alone: { medium: 'memory' } }, 'where it lies', 'when this machine stops'],
    ['there are no hard links', { alone: { hasLinks: false } }, 'hard links', 'are copied'],
    ['there is little room', { alone: { freeBytes: 5e8 } }, 'room', 'births stop'],
    ['there are few inodes', { alone: { freeInodes: 500 } }, 'room', 'births stop'],
    [
      'others see it late',
      { together: { visibility: { ...together.visibility, change: { median: 1, worst: 4 } } } },
      'seeing what others do',
      'bounds.leaseSeconds=40',
    ],
  ])('has limits where %s', (_what, change, subject, follows) => {
    const { verdict, judgements } = judgeMount(facts(change));
    expect(verdict).toBe('fit with limits');
    const limits = judgements.filter(({ level }) => level === 'limit');
    expect(limits).toMatchObject([{ subject, follows: expect.stringContaining(follows) as string }]);
  });

  it('judges what two hosts found as it does what one found', () => {
    const unfit = judgeMount(facts(), withOther({ ownNames: race({ falseWins: 1 }) }));
    expect(unfit.verdict).toBe('unfit');
    expect(unfit.judgements.find(({ level }) => level === 'unfit')).toMatchObject({
      subject: 'with node2: renames of one directory',
      measured:
        '200 by two hosts, each to its own name (150 at the same time): 1 were won, as one was told, by another',
    });
  });

  it('says whose clock is ahead, from where it stands', () => {
    const clocks = { ahead: 60, error: 0.01 };
    const said = (isFirst: boolean) =>
      judgeMount(facts(), withOther({ clocks }, isFirst)).judgements.find(
        ({ subject }) => subject === 'with node2: clocks',
      );
    expect(said(true)).toMatchObject({
      level: 'limit',
      measured: "that of node2 is 1 min ahead of this host's (± 10 ms)",
    });
    expect(said(false)).toMatchObject({ measured: "that of node2 is 1 min behind this host's (± 10 ms)" });
  });
});

describe('the lease', () => {
  const lease = (change: Change, between: BetweenFacts | null = null) =>
    judgeMount(facts(change), between).settings.leaseSeconds;
  const late = (worst: number) => ({ ...together.visibility, change: { median: 0.1, worst } });

  it('is short on a disk, long on a mount, and longer than ten of what is slowest', () => {
    expect(lease({})).toBe(10);
    expect(lease({ alone: { medium: 'network' } })).toBe(60);
    expect(lease({}, withOther())).toBe(60);
    expect(lease({ alone: { written: { median: 0.1, worst: 3.2 } } })).toBe(40);
    expect(lease({ alone: { medium: 'network' } }, withOther({ visibility: late(26) }))).toBe(260);
  });
});
