import { appendFileSync, cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { collect, kill } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { check } from './spoilt.js';
import { type World, bear, join, newWorld, only, raise } from './support.js';

/** Five were born by w1, three of whom are recorded. */
async function history(): Promise<{ world: World; me: Awaited<ReturnType<typeof join>> }> {
  const world = await newWorld();
  const me = await join(world);
  for (const fitness of [0.1, 0.2, 0.3]) await kill(me, await raise(me, fitness));
  for (const fitness of [0.4, 0.5]) await raise(me, fitness);
  await collect(me, 1, await me.population.dead());
  await me.writeTotals();
  return { world, me };
}

const historyOf = ({ root }: World, worker = 'w1') => `${root}/history/${worker}.jsonl`;

describe('a directory from which something was taken away', () => {
  test('is told of births of which nothing is left, beyond those that a kill may cost', async () => {
    const { world, me } = await history();
    me.totals.births = 5;
    await me.writeTotals();
    const lines = readFileSync(historyOf(world), 'utf8').split('\n');
    // The one of the hall of fame stays.
    const kept = lines.filter((line) => line.includes('"w1-3"'));
    writeFileSync(historyOf(world), `${[...kept, lines[0]].join('\n')}\n`);
    expect(await check(me.population)).toEqual([]);
    writeFileSync(historyOf(world), `${kept.join('\n')}\n`);
    const found = only(await check(me.population));
    expect(found).toMatchObject({ severity: 'warning', path: 'history' });
    expect(found.problem).toContain('of 5 births 2 are nowhere');
  });

  test('is told of the folder of a worker that was removed, and does not give its name again', async () => {
    const { world, me } = await history();
    const other = await join(world);
    await bear(other);
    expect(other.name).toBe('w2');
    rmSync(`${world.root}/workers`, { recursive: true });
    cpSync(`${world.root}/alive`, `${world.root}/workers`, {
      recursive: true,
      filter: (path) => path.endsWith('alive'),
    });
    const missing = (await check(me.population)).filter(({ severity }) => severity === 'warning');
    expect(missing.map(({ path }) => path)).toEqual(['workers/w1', 'workers/w2']);
    const next = await join(world);
    expect(next.name).toBe('w3');
    // By a history alone, too.
    for (const state of ['training', 'alive', 'hall-of-fame'])
      for (const name of readdirSync(`${world.root}/${state}`))
        rmSync(`${world.root}/${state}/${name}`, { recursive: true });
    rmSync(`${world.root}/workers/w3`, { recursive: true });
    expect((await join(world)).name).toBe('w2');
  });

  test('is told of a name that two were given', async () => {
    const { world, me } = await history();
    const [line = ''] = readFileSync(historyOf(world), 'utf8').split('\n');
    const other = await join(world);
    // The same, recorded by two, is none.
    writeFileSync(historyOf(world, other.name), `${line}\n`);
    expect(await check(me.population)).toEqual([]);
    const { record, id } = { record: JSON.parse(line) as { birth: object }, id: 'w1-1' };
    const another = { ...record, birth: { ...record.birth, bornAt: '2017-03-04T00:00:00.000Z' } };
    writeFileSync(historyOf(world, other.name), `${JSON.stringify(another)}\n`);
    const found = only(await check(me.population));
    expect(found).toMatchObject({ severity: 'error', path: 'history/w2.jsonl:1' });
    expect(found.problem).toContain(
      `individual ${id} is recorded here, and another of that name at history/w1.jsonl:1`,
    );
  });

  test('is told of a line that somebody changed, which no crash does', async () => {
    const { world, me } = await history();
    appendFileSync(historyOf(world), '{"format":1,"id":"w1-');
    expect(only(await check(me.population))).toMatchObject({ severity: 'note', problem: 'a torn line' });
    appendFileSync(historyOf(world), '9"}\n');
    const found = only(await check(me.population));
    expect(found).toMatchObject({ severity: 'error', path: 'history/w1.jsonl:4' });
    expect(found.problem).toContain('not the record of an individual');
  });
});
