import { mkdirSync, writeFileSync } from 'node:fs';
import type { Outline } from '@galapagos/population';
import { beforeEach, describe, expect, it } from 'vitest';
import { csvLines } from '../../packages/cli/src/csv.js';
import { Generations, type Row, type SortKey, sorted } from '../../packages/cli/src/listing.js';
import { newWorld } from '../population/support.js';
import { galapagos } from './harness.js';
import { type Cast, populate } from './population.js';

let cast: Cast;

beforeEach(async () => {
  cast = await populate();
});

async function rows(...flags: string[]): Promise<Row[]> {
  const { code, out, err } = await galapagos(['ls', cast.root, '--json', ...flags]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Row[];
}

async function ids(...flags: string[]): Promise<string[]> {
  return (await rows(...flags)).map(({ id }) => id);
}

describe('ls', () => {
  it('lists everyone, the best first, whoever has no fitness last', async () => {
    const { first, collected, best, dead, buried, inTraining } = cast;
    expect(await ids()).toEqual([best.id, collected, first.id, dead, buried, inTraining.id]);
    const [shown, second] = await rows();
    expect(shown).toMatchObject({
      state: 'alive',
      fitness: 0.75,
      parent: collected,
      generation: 2,
      owner: cast.me.name,
      seconds: 1,
      parameters: 10,
      failure: null,
    });
    expect(shown?.mutations).toHaveLength(2);
    expect(second).toMatchObject({ state: 'collected', generation: 1 });
  });

  it('sorts both ways, and takes so many', async () => {
    const { first, collected, best, dead, buried, inTraining } = cast;
    const byBirth = [first.id, collected, best.id, buried, dead, inTraining.id];
    expect(await ids('--sort', 'id', '--reverse')).toEqual(byBirth);
    expect(await ids('--sort', 'id', '--top', '2')).toEqual([inTraining.id, dead]);
    expect(await ids('--reverse', '--top', '3')).toEqual([dead, first.id, collected]);
    expect((await ids('--sort', 'generation')).at(-1)).toBe(first.id);
  });

  it('shows only what is asked for', async () => {
    const { first, collected, best, dead, buried, inTraining } = cast;
    expect(await ids('--state', 'alive,training')).toEqual([best.id, first.id, inTraining.id]);
    expect(await ids('--failed')).toEqual([buried]);
    expect(await ids('--class', 'crash')).toEqual([]);
    expect(await ids('--class', 'over-limit')).toEqual([buried]);
    expect(await ids('--parent', best.id)).toEqual([dead, inTraining.id]);
    expect(await ids('--parent', collected, '--state', 'dead')).toEqual([]);
  });

  it('refuses what it does not know', async () => {
    for (const [flags, message] of [
      [['--state', 'alive,ded'], '--state ded: known are training, alive, dead, hall-of-fame, collected'],
      [['--top', '0'], '--top: a whole number, at least 1'],
      [['--json', '--csv'], '--json and --csv: one of the two'],
      [['--sort', 'beauty'], 'Invalid values'],
    ] as const) {
      const { code, out, err } = await galapagos(['ls', cast.root, ...flags]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(message);
    }
  });

  it('fits a terminal, and says how many are not shown', async () => {
    const { root, best } = cast;
    const { out, err } = await galapagos(['ls', root, '--top', '2'], { columns: 60 });
    const lines = out.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^id +fitness +state +parent +gen +convs +params +cost/);
    expect(lines[1]).toMatch(new RegExp(`^${best.id} +75\\.0 % +alive`));
    expect(Math.max(...lines.map((line) => line.length))).toBe(60);
    expect(err).toBe('and 4 more; --top 6 shows all, and so does a pipe without --top');
    expect(await galapagos(['ls', root])).toMatchObject({ err: '' });
    const empty = (await newWorld()).root;
    expect(await galapagos(['ls', empty])).toEqual({ code: 0, out: '', err: 'nobody' });
  });

  it('passes over what cannot be read, and says so', async () => {
    const { root, best } = cast;
    writeFileSync(`${root}/alive/1.000000~w9-1~1`, '');
    mkdirSync(`${root}/alive/0.999999~w9-2~1`);
    const { code, out, err } = await galapagos(['ls', root, '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(out) as Row[])[0]?.id).toBe(best.id);
    expect(err).toContain(`and 1 more: galapagos fsck ${root} says why`);
    expect((await galapagos(['best', root, '--top', '1'])).out).toMatch(new RegExp(`^.*\n  1  ${best.id} `));
    for (const verb of ['best', 'status', 'show']) {
      const said = await galapagos([verb, root, ...(verb === 'show' ? ['best'] : [])]);
      expect(said.code).toBe(0);
      expect(said.out).toContain(best.id);
      expect(said.out).not.toContain('w9-');
    }
  });

  it('prints CSV as RFC 4180 has it', async () => {
    const { out } = await galapagos(['ls', cast.root, '--csv', '--state', 'collected', '--sort', 'fitness']);
    const [header, one, two] = out.split('\r\n');
    expect(header).toBe(
      'id,state,fitness,parent,generation,bornAt,owner,seconds,flops,parameters,convolutions,failure,mutations',
    );
    expect(one).toMatch(
      new RegExp(`^${cast.collected},collected,0.5,${cast.first.id},1,2017-03-03T.*,1,1000000,10,`),
    );
    expect(two).toMatch(new RegExp(`^${cast.buried},collected,,.*,over-limit,`));
    expect(
      csvLines(['a'], [['plain'], ['a,b'], ['say "so"'], ['two\nlines'], [null], [true], [0.5]]),
    ).toEqual(['a\r', 'plain\r', '"a,b"\r', '"say ""so"""\r', '"two\nlines"\r', '\r', 'true\r', '0.5\r']);
  });
});

it('rows that have no value are last, whichever way they are sorted', () => {
  const outline = (id: string, seconds: number | null) =>
    ({ id, details: { seconds } }) as unknown as Outline;
  const ids = (some: readonly Outline[], ...[key, reverse]: [SortKey, boolean]) =>
    sorted(some, key, reverse, new Generations([{ id: 'w1-3', parent: null }])).map(({ id }) => id);
  const some = [outline('w1-1', null), outline('w1-2', 3), outline('w1-10', 5), outline('w1-3', 3)];
  expect(ids(some, 'seconds', false)).toEqual(['w1-10', 'w1-2', 'w1-3', 'w1-1']);
  expect(ids(some, 'seconds', true)).toEqual(['w1-2', 'w1-3', 'w1-10', 'w1-1']);
  expect(ids(some, 'generation', true)).toEqual(['w1-3', 'w1-1', 'w1-2', 'w1-10']);
  const alike = ['w1-9', 'w1-40', 'w1-32'].map((id) => ({ id, fitness: 1 }) as unknown as Outline);
  expect(ids(alike, 'fitness', false)).toEqual(['w1-9', 'w1-40', 'w1-32']);
  expect(ids(some, 'id', true)).toEqual(['w1-1', 'w1-2', 'w1-3', 'w1-10']);
});

it('generations are counted from the first kind; a circle, and a line whose beginning is not known, have none', () => {
  const parents = { a: null, b: 'a', c: 'b', x: 'y', y: 'z', z: 'x', lost: 'nobody', child: 'lost', of: 'x' };
  const generations = new Generations(Object.entries(parents).map(([id, parent]) => ({ id, parent })));
  const found = ['c', 'a', 'b', 'x', 'y', 'z', 'of', 'child', 'lost', 'who'].map((id) => generations.of(id));
  expect(found).toEqual([2, 0, 1, null, null, null, null, null, null, null]);
});
