import { type SharedFacts, examineAlone, systemClock } from '@galapagos/population';
import { describe, expect, it } from 'vitest';
import { systemCode } from '../simulation/inodes.js';
import { type Defect, examined, memoryMount } from './mount.js';

const failure = (code: string) => Object.assign(new Error(code), systemCode(code));

async function unless(code: string, act: Promise<void>): Promise<void> {
  await act.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== code) throw error;
  });
}

const wrongs = ({ falseWins, falseLosses, lost, doubled, spoilt }: SharedFacts['ownNames']) => ({
  falseWins,
  falseLosses,
  lost,
  doubled,
  spoilt,
});
const NOTHING = { falseWins: 0, falseLosses: 0, lost: 0, doubled: 0, spoilt: 0 };

describe('several at once', () => {
  it('find nothing wrong where nothing is, and the same', async () => {
    const [facts, others] = await examined();
    expect(others).toEqual(facts);
    for (const race of [facts?.ownNames, facts?.oneName, facts?.made, facts?.named])
      expect(race).toMatchObject({ rounds: 20, ...NOTHING });
    expect(facts?.ownNames.answers).toEqual({ ENOENT: 20 });
    expect(facts?.made.answers).toEqual({ EEXIST: 20 });
    expect(facts?.listings).toMatchObject({ missed: 0, missedBetween: 0, missedUntouched: 0 });
    expect(facts?.listings?.within).toBeGreaterThan(0);
    expect(facts?.clocks.ahead).toBeCloseTo(0, 1);
  });

  it('find a rename that is a copy and a deletion', async () => {
    const copying: Defect = (memory) => ({
      rename: async (from, to) => {
        const files = await memory.list(from);
        await memory.makeDirectory(to);
        for (const file of files)
          await memory.copy(`${from}/${file}`, `${to}/${file}`).catch(() => undefined);
        for (const file of files) await memory.unlink(`${from}/${file}`).catch(() => undefined);
        await memory.removeDirectory(from).catch(() => undefined);
      },
    });
    const [facts] = await examined(copying);
    expect(facts?.ownNames.doubled).toBeGreaterThan(0);
  });

  it.each<[string, Defect, Partial<typeof NOTHING>]>([
    [
      'two who are told that they have won',
      (memory, me) => ({
        rename: (from, to) =>
          me === 'p2' ? unless('ENOENT', memory.rename(from, to)) : memory.rename(from, to),
      }),
      { falseWins: 1 },
    ],
    [
      'one who is told that it has lost, and has not',
      (memory) => ({
        rename: async (from, to) => {
          await memory.rename(from, to);
          if (to.includes('/7~')) throw failure('EIO');
        },
      }),
      { falseLosses: 1 },
    ],
    [
      'a directory that is nowhere',
      (memory) => ({
        rename: async (from, to) => {
          await memory.rename(from, to);
          if (to.includes('/own-names-1/7~')) await memory.rename(to, '/gone');
        },
      }),
      { lost: 1, falseWins: 1 },
    ],
    [
      'a directory that is not whole',
      (memory) => ({
        rename: async (from, to) => {
          await memory.rename(from, to);
          if (to.includes('/own-names-1/7~')) await memory.unlink(`${to}/weights`);
        },
      }),
      { spoilt: 1 },
    ],
  ])('find %s', async (_what, defect, expected) => {
    const [facts] = await examined(defect);
    const found = wrongs(facts?.ownNames as SharedFacts['ownNames']);
    for (const [key, least] of Object.entries(expected))
      expect(found[key as keyof typeof NOTHING]).toBeGreaterThanOrEqual(least);
    for (const key of Object.keys(NOTHING).filter((key) => !(key in expected)))
      expect(found[key as keyof typeof NOTHING]).toBe(0);
  });

  it('find two who make the same directory, and give the same name to a file', async () => {
    const [facts] = await examined((memory) => ({
      makeDirectory: (path) =>
        path.includes('/make/') ? unless('EEXIST', memory.makeDirectory(path)) : memory.makeDirectory(path),
      link: (from, to) => unless('EEXIST', memory.link(from, to)),
    }));
    expect(facts?.made.falseWins).toBe(20);
    expect(facts?.named.falseWins).toBe(20);
    expect(wrongs(facts?.ownNames as SharedFacts['ownNames'])).toEqual(NOTHING);
  });

  it('create a file exclusively where there are no hard links', async () => {
    const refuse = () => Promise.reject(failure('EPERM'));
    const [facts] = await examined(() => ({ link: refuse }), { hasLinks: false });
    expect(facts?.named).toMatchObject({ ...NOTHING, answers: { EEXIST: 20 } });
  });

  it('find listings that miss what nobody touches, and what is on its way', async () => {
    const [untouched] = await examined((memory) => ({
      list: async (path) => (await memory.list(path)).filter((name) => name !== 'still-1'),
    }));
    expect(untouched?.listings?.missedUntouched).toBeGreaterThan(0);
    expect(untouched?.listings?.missedBetween).toBe(0);
    const [moving] = await examined((memory) => ({
      list: async (path) => (await memory.list(path)).filter((name) => !name.startsWith('moving-3')),
    }));
    expect(moving?.listings).toMatchObject({ missedUntouched: 0 });
    expect(moving?.listings?.missedBetween).toBeGreaterThan(0);
    expect(moving?.listings?.missed).toBeGreaterThan(0);
  });

  it('see how late it is seen what others do', async () => {
    const [facts] = await examined((memory) => {
      const seen = new Map<string, number>();
      return {
        list: async (path) => {
          const now = systemClock.monotonic();
          return (await memory.list(path)).filter((name) => {
            if (!name.startsWith('new-')) return true;
            if (!seen.has(name)) seen.set(name, now);
            return now - (seen.get(name) ?? now) >= 0.2;
          });
        },
      };
    });
    expect(facts?.visibility.newName.worst).toBeGreaterThan(0.19);
    expect(facts?.visibility.rename.median).toBeLessThan(0.19);
  });

  it('say who is missing, and end when they are told to', async () => {
    const silent: Defect = (memory, me) => ({
      list: async (path) => (await memory.list(path)).filter((name) => me === 'p2' || !name.endsWith('~p2')),
    });
    await expect(examined(silent, { patienceSeconds: 0.2 })).rejects.toThrow(
      /^p[12] waits for p[12]: in vain for 0\.2 s$/,
    );
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(examined(undefined, { signal })).rejects.toThrow('enough');
  });
});

describe('one alone', () => {
  const alone = async (filesystem = memoryMount()) => {
    await filesystem.makeDirectory('/folder');
    return await examineAlone({ filesystem, clock: systemClock }, '/folder', 5);
  };

  it('measures', async () => {
    const facts = await alone();
    expect(facts).toMatchObject({
      medium: expect.stringMatching(/^(disk|memory)$/) as string,
      hasLinks: true,
    });
    expect(facts.renamesPerSecond).toBeGreaterThan(1);
    expect(Math.abs(facts.serverAhead)).toBeLessThan(0.5);
    expect(facts.timeStep).toBeLessThan(0.5);
  });

  it('finds an fsync that is refused, and a want of hard links', async () => {
    const memory = memoryMount();
    expect(
      await alone({
        ...memory,
        sync: () => Promise.reject(failure('EINVAL')),
        link: () => Promise.reject(failure('EPERM')),
      }),
    ).toMatchObject({ synced: null, directorySynced: null, hasLinks: false });
  });

  it('finds whole seconds, and a clock that is ahead', async () => {
    const facts = await alone(memoryMount(() => Math.floor(Date.now() / 1000) + 100));
    expect(facts.timeStep).toBe(1);
    expect(Math.abs(facts.serverAhead - 100)).toBeLessThanOrEqual(1);
    expect(facts.serverAheadError).toBeLessThanOrEqual(0.51);
  });

  it('does not take an error for an answer', async () => {
    const filesystem = { ...memoryMount(), link: () => Promise.reject(failure('EIO')) };
    await expect(alone(filesystem)).rejects.toThrow('EIO');
  });
});
