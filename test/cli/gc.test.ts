import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { kill } from '@galapagos/population';
import { beforeEach, describe, expect, it } from 'vitest';
import { raise } from '../population/support.js';
import { galapagos } from './harness.js';
import { logged, writeLog } from './logs.js';
import { type Cast, populate } from './population.js';

let cast: Cast;

beforeEach(async () => {
  cast = await populate();
});

interface Report {
  readonly collected: number;
  readonly asides: readonly string[];
  readonly logs: readonly string[];
  readonly bytes: number;
  readonly inodes: number;
}

async function gc(...flags: string[]): Promise<Report> {
  const { code, out, err } = await galapagos(['gc', cast.root, '--json', ...flags]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Report;
}

/** As a walk of its own counts them: bytes of files, and inodes, of what has no other name outside. */
function contents(below = ''): { bytes: number; inodes: number } {
  const stats = (readdirSync(`${cast.root}/${below}`, { recursive: true }) as string[]).map((name) =>
    statSync(`${cast.root}/${below}/${name}`),
  );
  const whole = stats.filter(
    (stat) => stat.isDirectory() || stats.filter(({ ino }) => ino === stat.ino).length === stat.nlink,
  );
  return {
    bytes: whole.reduce((sum, stat) => sum + (stat.isFile() ? stat.size / stat.nlink : 0), 0),
    inodes: new Set(whole.map(({ ino }) => ino)).size,
  };
}

const LONG_AGO = new Date('2017-03-03');

describe('gc', () => {
  it('says in a dry run what it would free, and touches nothing', async () => {
    const before = contents();
    const report = await gc('--dry-run');
    expect(report).toMatchObject({ collected: 1, unreadable: 0, litter: 0, hallOfFame: 0 });
    expect(report.inodes).toBeGreaterThan(4);
    expect(contents()).toEqual(before);
    const { out } = await galapagos(['gc', cast.root, '--dry-run']);
    expect(out).toMatch(/^1 dead to record and let go\nwould free at most .*B and \d+ inodes$/);
  });

  it('records the dead and frees what it says', async () => {
    await kill(cast.me, await raise(cast.me, 0.9));
    await galapagos(['set', cast.root, 'bounds.hallOfFame=1']);
    const dead = contents('dead');
    const dry = await gc('--dry-run');
    expect(dry.inodes).toBe(dead.inodes);
    const { collected, bytes, inodes } = await gc();
    expect(collected).toBe(2);
    // The better of the two is in the hall now.
    const kept = contents('hall-of-fame');
    expect({ bytes, inodes }).toEqual({
      bytes: dead.bytes - kept.bytes,
      inodes: dead.inodes - kept.inodes,
    });
    expect(contents('dead').inodes).toBe(0);
    const { out } = await galapagos(['gc', cast.root]);
    expect(out).toBe('nothing to clear away');
    // Nobody joins for nothing.
    expect(readdirSync(`${cast.root}/workers`)).toHaveLength(2);
  });

  it('clears unfinished files and the logs of old launches, unless they may be in use', async () => {
    const { root, me } = cast;
    const age = (path: string) => utimesSync(path, LONG_AGO, LONG_AGO);
    const old = `${root}/control/000001.abc.new`;
    for (const file of [old, `${root}/control/000002.def.new`]) writeFileSync(file, '{');
    age(old);
    const launch = (hour: number, lines: readonly object[], host = 'there-2') => {
      const name = `2017-03-03T0${hour}0000-${host}-999999999`;
      const path = writeLog(root, lines, { launch: name });
      age(path);
      return name;
    };
    const over = launch(0, [logged('w99', 0, 'left')]);
    launch(1, [logged('w99', 0, 'left'), logged(me.name, 1, 'joined')]);
    const fresh = launch(2, [logged('w99', 0, 'left')]);
    utimesSync(`${root}/logs/${fresh}/slot-0.log`, new Date(), new Date());
    launch(3, [logged('w99', 0, 'left')]);
    expect(await gc('--keep-logs', '1', '--dry-run')).toMatchObject({
      asides: ['control/000001.abc.new'],
      logs: [`logs/${over}`],
    });
    expect(existsSync(old)).toBe(true);
    expect(await gc('--keep-logs', '1')).toMatchObject({ logs: [`logs/${over}`] });
    expect(existsSync(old)).toBe(false);
    expect(readdirSync(`${root}/logs`)).toHaveLength(3);
    expect((await gc('--keep-logs', '4')).logs).toEqual([]);
  });

  it('refuses a number of logs that is none', async () => {
    expect(await galapagos(['gc', cast.root, '--keep-logs', '-1'])).toMatchObject({ code: 2 });
  });
});
