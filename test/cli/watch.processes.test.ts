import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { boundsSchema, giveOrder, nodeFilesystem } from '@galapagos/population';
import { beforeEach, describe, expect, it } from 'vitest';
import { Observer } from '../../packages/cli/src/observer.js';
import { describeStatus } from '../../packages/cli/src/status-view.js';
import { Trend } from '../../packages/cli/src/trend.js';
import { eventually } from '../support/processes.js';
import { join, openWorld, raise } from '../population/support.js';
import { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { galapagos } from './harness.js';
import { type Cast, populate } from './population.js';
import { start } from './processes.js';

let cast: Cast;

beforeEach(async () => {
  cast = await populate();
});

interface Document {
  readonly size: number;
  readonly pausedSince: string | null;
  readonly workers: readonly { readonly silentSeconds: number | null }[];
  readonly disk: { readonly bytes: number; readonly inodes: number; readonly isEstimate: boolean };
}

describe('status --watch', () => {
  const watching = (...flags: string[]) => {
    const process = start(['status', cast.root, '--watch', ...flags]);
    const lines = () => process.output().stdout.trimEnd().split('\n');
    const until = async (holds: (lines: string[]) => unknown) => {
      await eventually(() => process.output().stdout.endsWith('\n') && holds(lines()), 20_000);
    };
    return { ...process, lines, until };
  };

  it('prints a document per change, one per line, and ends with 0 on Ctrl-C', async () => {
    const { child, finished, lines, until } = watching('--json');
    await until((all) => all.length === 1);
    await raise(cast.me, 0.6);
    await until((all) => all.length > 1);
    await giveOrder(cast.me.population, { order: 'pause' });
    await until((all) => (JSON.parse(all.at(-1) ?? '') as Document).pausedSince !== null);
    child.kill('SIGINT');
    expect(await finished).toMatchObject({ code: 0, stderr: '' });
    const documents = lines().map((line) => JSON.parse(line) as Document);
    expect(documents[0]?.size).toBe(3);
    expect(documents.at(-1)?.size).toBe(4);
    expect(documents[0]?.workers[0]?.silentSeconds).toBeNull();
    expect(documents.at(-1)?.workers[0]?.silentSeconds).toBeGreaterThan(0);
  });

  it('adds a line per change in a pipe, and ends where the experiment is gone', async () => {
    const { child, finished, until } = watching();
    await until((all) => /population 3\/6 · births 6 · best 75\.0 % · workers 1/.test(all[0] ?? ''));
    const other = await join(cast.world);
    await until((all) => all.at(-1)?.includes('workers 2'));
    await other.leave();
    await until((all) => all.at(-1)?.includes('workers 1'));
    rmSync(`${cast.root}/training`, { recursive: true });
    const { code, stderr } = await finished;
    expect(code).toBe(3);
    expect(stderr).toContain('training: gone');
    child.kill();
  });
});

it('estimates the disk, exactly where there are few', async () => {
  const disk = async () => {
    const { out } = await galapagos(['status', cast.root, '--json']);
    return (JSON.parse(out) as Document).disk;
  };
  const names = readdirSync(cast.root, { recursive: true }) as string[];
  const inodes = new Set(names.map((name) => statSync(`${cast.root}/${name}`).ino)).size;
  expect(Math.abs((await disk()).inodes - inodes - 1)).toBeLessThanOrEqual(1);
  const few = await disk();
  expect(few.isEstimate).toBe(false);
  for (let n = 100; n < 200; n++) {
    mkdirSync(`${cast.root}/dead/w5-${n}~1~w5`);
    writeFileSync(`${cast.root}/dead/w5-${n}~1~w5/dna.json`, 'x'.repeat(1000));
  }
  const many = await disk();
  expect(many.isEstimate).toBe(true);
  expect(many.bytes - few.bytes).toBeGreaterThan(80_000);
  expect(many.bytes - few.bytes).toBeLessThan(1_000_000);
});

it('says of a worker that stood still for how long, once its lease is over; a failing directory is waited for', async () => {
  await giveOrder(cast.me.population, { order: 'settings', bounds: { leaseSeconds: 1 } });
  const faulty = new FaultyFilesystem(nodeFilesystem);
  const population = await openWorld(cast.world, faulty);
  const observer = new Observer(population);
  const row = async () => describeStatus(await observer.look()).find((line) => line.includes('wasm')) ?? '';
  expect(await row()).toContain(cast.inTraining.id);
  cast.world.clock.advance(0.4);
  expect(await row()).toContain(cast.inTraining.id);
  // Half a lease in which nothing was read: what hangs is no death.
  cast.world.clock.advance(0.9);
  expect(await row()).toContain(cast.inTraining.id);
  for (let n = 0; n < 3; n++) {
    cast.world.clock.advance(0.4);
    faulty.fail({ operation: 'list', path: /alive$/ }, 'EIO');
    await expect(observer.look()).rejects.toThrow('EIO');
    await observer.look();
  }
  expect(await row()).toMatch(/silent for 1\.2 s$/);
  await cast.me.beat();
  cast.world.clock.advance(0.4);
  expect(await row()).toContain(`${cast.inTraining.id} for `);
});

describe('the trend', () => {
  const totals = { kills: 0, lostRaces: 0, adoptions: 0, published: 0, flops: 0, failures: {} };
  const summary = (births: number, fitness: number) =>
    ({
      totals: { ...totals, births, seconds: births * 2 },
      best: { state: 'alive', id: 'w1-1', tenure: 1, fitness },
    }) as unknown as Parameters<Trend['add']>[1];
  const bounds = boundsSchema.parse({ individuals: 100 });

  it('knows rates and the time that is left once it has watched for a while', () => {
    const trend = new Trend();
    trend.add(0, summary(10, 0.1));
    trend.add(5, summary(20, 0.1));
    expect(trend.rate(({ births }) => births)).toBeUndefined();
    // The wall clock alone would say hours, where births may end it in a minute.
    const first = summary(20, 0.1).totals;
    expect(trend.secondsLeft({ ...bounds, wallSeconds: 9000 }, first, 100)).toBeUndefined();
    expect(trend.secondsLeft({ ...bounds, individuals: null, wallSeconds: 107 }, first, 100)).toBeCloseTo(7);
    expect(trend.sparkline()).toBe('');
    trend.add(20, summary(50, 0.8));
    expect(trend.rate(({ births }) => births)).toBeCloseTo(2);
    const { totals: now } = summary(50, 0.8);
    expect(trend.secondsLeft(bounds, now, 100)).toBeCloseTo(25);
    // Seconds of training come at 4 per second: 40 more take 10.
    const both = { ...bounds, workerSeconds: 140 };
    expect(trend.secondsLeft(both, now, 100)).toBeCloseTo(10);
    expect(trend.secondsLeft({ ...both, wallSeconds: 107 }, now, 100)).toBeCloseTo(7);
    // Of ten births in vain seven have come.
    const vain = { ...now, improvement: { fitness: 0.8, births: 43 } };
    expect(trend.secondsLeft({ ...both, patience: 10 }, vain, 100)).toBeCloseTo(1.5);
    expect(trend.sparkline()).toBe('▁▁█');
  });

  it('forgets what is long ago, and stays small', () => {
    const trend = new Trend();
    for (let at = 0; at < 5000; at++) trend.add(at, summary(at < 4000 ? 0 : at - 4000, at / 5000));
    expect(trend.rate(({ births }) => births)).toBeCloseTo(1, 1);
    expect(trend.sparkline(8)).toBe('▁▂▃▄▅▆▇█');
  });
});
