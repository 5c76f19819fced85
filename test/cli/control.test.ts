import { readdirSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { newWorld } from '../population/support.js';
import { galapagos } from './harness.js';

let root: string;

beforeEach(async () => {
  ({ root } = await newWorld());
});

const orders = () => readdirSync(`${root}/control`).length;

interface Bound {
  readonly bound: string;
  readonly before: number | null;
  readonly value: number | null;
  readonly order: { readonly number: number } | null;
}

async function bounds(): Promise<Record<string, Bound>> {
  const { out } = await galapagos(['set', root, '--json']);
  return Object.fromEntries((JSON.parse(out) as Bound[]).map((row) => [row.bound, row]));
}

describe('pause and resume', () => {
  it('are given once, and say what was so already', async () => {
    expect((await galapagos(['resume', root])).err).toBe(`${root}: was not paused`);
    expect((await galapagos(['pause', root])).err).toContain(`${root}: paused, for workers that start later`);
    const again = await galapagos(['pause', root]);
    expect(again).toMatchObject({ code: 0, out: '' });
    expect(again.err).toMatch(/: was paused already, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    expect(orders()).toBe(1);
    expect((await galapagos(['status', root])).out).toMatch(/^paused {7}since .* UTC; go on with: /m);
    expect((await galapagos(['resume', root])).err).toMatch(/: goes on; it was paused since /);
    expect((await galapagos(['resume', root])).err).toBe(`${root}: was not paused`);
    expect(orders()).toBe(2);
    expect(JSON.parse((await galapagos(['status', root, '--json'])).out)).toMatchObject({
      pausedSince: null,
    });
  });
});

describe('quarantine', () => {
  it('keeps a machine, or one of its accelerators, from training until it is let back', async () => {
    expect((await galapagos(['quarantine', root])).out).toBe('nothing is quarantined');
    await galapagos(['quarantine', root, 'gpu-07/GPU-1', '--reason', 'its memory']);
    const all = await galapagos(['quarantine', root, 'gpu-08']);
    expect(all.err).toMatch(/^gpu-08 is quarantined: its workers give back what they hold and leave/);
    // A slip of the pen is quarantined too, and would keep nobody away.
    expect(all.err).toContain('\nno worker of gpu-08 is here now; ');
    const { out } = await galapagos(['quarantine', root]);
    expect(out).toMatch(/^gpu-07\/GPU-1 +\d{4}-.* UTC +a person +its memory\ngpu-08 .* by hand$/m);
    expect((await galapagos(['status', root])).out).toMatch(
      /^quarantined {2}gpu-08, since .*: by hand; let it back with: galapagos quarantine DIR gpu-08 --lift$/m,
    );
    // Of a machine all its accelerators.
    await galapagos(['quarantine', root, 'gpu-07', '--lift']);
    const left = JSON.parse((await galapagos(['quarantine', root, '--json'])).out) as { host: string }[];
    expect(left.map(({ host }) => host)).toEqual(['gpu-08']);
  });

  it.each([
    [['gpu-09', '--lift'], 'gpu-09 is not quarantined: nothing is'],
    [['--lift'], '--lift needs a host, or host/device'],
    [['/GPU-1'], '/GPU-1: write a host, or host/device'],
  ])('%j is refused', async (words, message) => {
    const { code, err } = await galapagos(['quarantine', root, ...words]);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(orders()).toBe(0);
  });
});

describe('set', () => {
  it('shows the bounds, and where each comes from', async () => {
    await galapagos(['set', root, 'bounds.workerSeconds=2h']);
    const { code, out } = await galapagos(['set', root]);
    expect(code).toBe(0);
    expect(out).toMatch(/^bounds\.workerSeconds {2}2 h +order 1, \d{4}-.* UTC$/m);
    expect(out).toMatch(/^bounds\.leaseSeconds +10 s +experiment\.json$/m);
    expect(orders()).toBe(1);
  });

  it('changes what it names, and nothing else', async () => {
    const first = await galapagos(['set', root, 'bounds.individuals=5000', 'bounds.hallOfFame=3']);
    expect(first).toMatchObject({ code: 0 });
    expect(first.out.split('\n')).toEqual(['bounds.individuals: none → 5000', 'bounds.hallOfFame: 10 → 3']);
    const second = await galapagos(['set', root, 'bounds.individuals=null', '--json']);
    expect(JSON.parse(second.out)).toContainEqual(
      expect.objectContaining({ bound: 'individuals', before: 5000, value: null }),
    );
    expect((await bounds())['hallOfFame']).toMatchObject({ value: 3, order: { number: 1 } });
  });

  it('loses none of the changes that are given at once', async () => {
    const changes = ['individuals=7', 'workerSeconds=90s', 'flops=1e15', 'patience=9', 'hallOfFame=1'];
    const said = await Promise.all(changes.map((change) => galapagos(['set', root, `bounds.${change}`])));
    expect(said.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    const now = await bounds();
    const changed = Object.values(now).filter(({ order }) => order !== null);
    expect(changed.map(({ value }) => value)).toEqual([7, 90, 1e15, 9, 1]);
    expect(changed.map(({ order }) => order?.number).sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it.each([
    ['bounds.individual=5', 'bounds.individual: unknown field; did you mean individuals?'],
    ['individuals=5', 'individuals: unknown field; did you mean bounds.individuals?'],
    ['bounds.individuals=-1', 'bounds.individuals: '],
    ['bounds.leaseSeconds=null', 'bounds.leaseSeconds: '],
    ['bounds.workerSeconds=soon', 'write seconds, or a duration as 90s, 30m or 2h'],
    ['bounds.individuals', 'write a change as bounds.individuals=…'],
    ['individuals', 'write a change as bounds.individuals=5000'],
    [
      'search.populationSize=9',
      'search.populationSize: it defines the search, and never changes; begin a new',
    ],
    ['training.limits.seconds=1h', 'training.limits: how individuals are trained, and which are buried'],
    ['data.seed=1', 'data.seed: the data defines the search'],
  ])('refuses %s', async (change, message) => {
    const { code, out, err } = await galapagos(['set', root, 'bounds.flops=1', change]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(orders()).toBe(0);
  });

  it('finds the experiment in the environment too', async () => {
    const environment = { GALAPAGOS_DIR: root };
    expect((await galapagos(['set', 'bounds.individuals=4'], { environment })).out).toBe(
      'bounds.individuals: none → 4',
    );
    expect((await galapagos(['set'], { environment })).out).toContain('bounds.individuals');
    const other = (await newWorld()).root;
    expect((await galapagos(['set', other, 'bounds.individuals=5'], { environment })).out).toContain(
      'none → 5',
    );
  });
});
