import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { kill } from '@galapagos/population';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { join, raise } from '../population/support.js';
import { galapagos } from './harness.js';
import { logged, writeLog, writeWorkerLog } from './logs.js';
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
      age(`${root}/logs/${name}`);
      return name;
    };
    const over = launch(0, [logged('w99', 0, 'left')]);
    launch(1, [logged('w99', 0, 'left'), logged(me.name, 1, 'joined')]);
    const fresh = launch(2, [logged('w99', 0, 'left')]);
    utimesSync(`${root}/logs/${fresh}/slot-0.log`, new Date(), new Date());
    // Begun at this moment by another host, whose slots have logged nothing yet.
    mkdirSync(`${root}/logs/2017-03-03T023000-there-3`);
    const own = (worker: string, file = worker) => {
      const path = writeWorkerLog(root, worker, [logged(worker, 0, 'left')], file);
      age(path);
      return path.slice(root.length + 1);
    };
    const [left, fresher] = [await join(cast.world), await join(cast.world)];
    for (const member of [left, fresher]) await member.leave();
    const theirs = [own(left.name, `${left.name}.1`), own(left.name)];
    own(me.name);
    writeFileSync(`${root}/logs/workers/notes.log`, 'mine');
    age(`${root}/logs/workers/notes.log`);
    utimesSync(`${root}/${own(fresher.name)}`, new Date(), new Date());
    const gone = [`logs/${over}`, ...theirs];
    const keep = `${Date.now() / 1000 - LONG_AGO.getTime() / 1000 + 60}s`;
    expect((await gc('--keep-logs', keep)).logs).toEqual([]);
    writeFileSync(old, '{');
    age(old);
    expect(await gc('--keep-logs', '0s', '--dry-run')).toMatchObject({
      asides: ['control/000001.abc.new'],
      logs: gone,
    });
    expect(existsSync(old)).toBe(true);
    expect(await gc('--keep-logs', '0s')).toMatchObject({ logs: gone });
    expect(existsSync(old)).toBe(false);
    expect(readdirSync(`${root}/logs`)).toHaveLength(4);
    expect(readdirSync(`${root}/logs/workers`).toSorted()).toEqual(
      ['notes.log', `${me.name}.log`, `${fresher.name}.log`].toSorted(),
    );
    expect((await galapagos(['gc', root, '--keep-logs', 'ten'])).err).toContain(
      'write a duration as 2h or 14d',
    );
  });

  it('keeps what a launch by Slurm left as long as Slurm may have tasks of it', async () => {
    const { root } = cast;
    const name = '2017-03-03T000000-there-2-999999999';
    const slot = writeLog(root, [logged('w99', 0, 'left')], { launch: name });
    for (const file of ['job.sbatch', 'slurm.json'])
      writeFileSync(`${root}/logs/${name}/${file}`, '{"job":"7"}');
    for (const path of [slot, `${root}/logs/${name}`]) utimesSync(path, LONG_AGO, LONG_AGO);
    const answers = (queue: string) => {
      mkdirSync(`${root}/bin`, { recursive: true });
      writeFileSync(`${root}/bin/squeue`, `#!/bin/sh\n${queue}\n`, { mode: 0o755 });
    };
    vi.stubEnv('PATH', `${root}/bin`);
    const found = async () => (await gc('--keep-logs', '0s')).logs;
    expect(await found()).toEqual([]);
    answers(`echo '7_0|PENDING|Resources||/logs/${name}/job.sbatch'`);
    expect(await found()).toEqual([]);
    answers(`echo '7_0|COMPLETED|None|n0|/logs/${name}/job.sbatch'`);
    expect(await found()).toEqual([`logs/${name}`]);
    vi.unstubAllEnvs();
    expect(existsSync(`${root}/logs/${name}`)).toBe(false);
  });

  it("leaves what is a person's, whatever its name ends in", async () => {
    const { root, me } = cast;
    const age = (path: string) => utimesSync(path, LONG_AGO, LONG_AGO);
    const put = (path: string) => {
      mkdirSync(dirname(`${root}/${path}`), { recursive: true });
      writeFileSync(`${root}/${path}`, 'x');
      age(`${root}/${path}`);
      return path;
    };
    await me.leave();
    const theirs = [
      'paper.new',
      'figures.new/plot.svg',
      'experiment.json.1.new/x',
      'control/notes.new',
      'tests/mine.new',
      `workers/${me.name}/mine.new`,
      'logs/my-own-notes-of-2024/thesis.txt',
      'logs/2017-03-03T000000-there-999999999/thesis.txt',
      'logs/2017-03-03T000000-there-999999999/slot-0.log',
    ].map(put);
    for (const path of theirs.filter((one) => one.split('/').length > 2)) age(dirname(`${root}/${path}`));
    age(`${root}/figures.new`);
    age(`${root}/experiment.json.1.new`);
    const ours = [
      'experiment.json.5u3zk.new',
      'control/000003.abc.new',
      'tests/.w1-3~4711',
      `workers/${me.name}/totals.json.new`,
    ].map(put);
    const young = `workers/${me.name}/worker.json.new`;
    writeFileSync(`${root}/${young}`, '{');
    const { asides, logs } = await gc('--keep-logs', '0s');
    expect({ asides, logs }).toEqual({ asides: ours, logs: [] });
    expect(ours.filter((path) => existsSync(`${root}/${path}`))).toEqual([]);
    expect([...theirs, young].filter((path) => !existsSync(`${root}/${path}`))).toEqual([]);
  });

  it('refuses a number of logs that is none', async () => {
    expect(await galapagos(['gc', cast.root, '--keep-logs', '-1'])).toMatchObject({ code: 2 });
  });
});
