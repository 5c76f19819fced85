import { mkdirSync, writeFileSync } from 'node:fs';
import {
  CURVE_FILE,
  type Membership,
  adopt,
  collect,
  findIndividual,
  kill,
  publish,
  tenureFolder,
  writeAttempt,
} from '@galapagos/population';
import { expect, test } from 'vitest';
import { bear, evaluate, join, newWorld } from './support.js';

function curveText(from: number, to: number, loss = 2): string {
  const steps = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return steps.map((step) => `${JSON.stringify({ step, loss: loss / step })}\n`).join('');
}

async function curveOf(me: Membership, id: string) {
  return (await findIndividual(me.population, id))?.curve;
}

test('one in training has the curve so far; a torn last line, and what is no point, is passed over', async () => {
  const me = await join(await newWorld());
  const entry = await bear(me);
  expect(await curveOf(me, entry.id)).toBeUndefined();
  const file = `${tenureFolder(me.population, entry)}/${CURVE_FILE}`;
  writeFileSync(file, `${curveText(1, 2)}{"step":-1,"loss":2}\nnull\n{"step":3,"loss":0.1`);
  expect(await curveOf(me, entry.id)).toEqual([
    [1, 2],
    [2, 1],
  ]);
});

test('a curve that is no file is none', async () => {
  const me = await join(await newWorld());
  const entry = await bear(me);
  mkdirSync(`${tenureFolder(me.population, entry)}/${CURVE_FILE}`);
  expect(await findIndividual(me.population, entry.id)).toMatchObject({ curve: undefined, owner: me.name });
});

test('it is that of the attempt that counts, over all its tenures, the later one deciding', async () => {
  const world = await newWorld();
  const [one, two] = [await join(world), await join(world)];
  const first = await bear(one);
  writeFileSync(`${tenureFolder(one.population, first)}/${CURVE_FILE}`, curveText(1, 9, 100));
  const given = (await adopt(two, first))?.entry ?? first;
  await writeAttempt(two.population, given, { attempt: 2, seed: 'again', fromStep: 0 });
  writeFileSync(`${tenureFolder(two.population, given)}/${CURVE_FILE}`, curveText(2, 4, 4));
  const last = (await adopt(one, given))?.entry ?? given;
  expect(last.tenure).toBe(3);
  await writeAttempt(one.population, last, { attempt: 2, seed: 'again', fromStep: 3 });
  writeFileSync(`${tenureFolder(one.population, last)}/${CURVE_FILE}`, curveText(4, 5, 40));
  expect(await findIndividual(one.population, last.id)).toMatchObject({
    attempt: { attempt: 2, seed: 'again', worker: 'w1', fromStep: 3 },
    curve: [
      [2, 2],
      [3, 1.333333],
      [4, 10],
      [5, 8],
    ],
  });
});

test('one that was published by its adopter has the seed and the curve of him who trained it', async () => {
  const world = await newWorld();
  const [trainer, publisher] = [await join(world), await join(world)];
  const entry = await bear(trainer);
  writeFileSync(`${tenureFolder(trainer.population, entry)}/${CURVE_FILE}`, curveText(1, 3));
  await evaluate(trainer, entry, 0.5);
  const adoption = await adopt(publisher, entry);
  expect(adoption?.continuation.kind).toBe('evaluated');
  await publish(publisher.population, adoption?.entry ?? entry, 0.5);
  expect(await findIndividual(publisher.population, entry.id)).toMatchObject({
    state: 'alive',
    tenure: 2,
    owner: trainer.name,
    attempt: { seed: 'seed' },
    curve: [
      [1, 2],
      [2, 1],
      [3, 0.6666667],
    ],
  });
});

test('the record of the collected has seed, owner and curve too, at most 100 points, the ends among them', async () => {
  const me = await join(await newWorld());
  const entry = await bear(me);
  writeFileSync(`${tenureFolder(me.population, entry)}/${CURVE_FILE}`, curveText(1, 1999));
  await evaluate(me, entry, 0.5);
  await publish(me.population, entry, 0.5);
  const living = await findIndividual(me.population, entry.id);
  await kill(me, { state: 'alive', id: entry.id, tenure: 1, fitness: 0.5 });
  await collect(me, 0, await me.population.dead());
  const collected = await findIndividual(me.population, entry.id);
  expect(living?.curve).toHaveLength(100);
  expect([living?.curve?.[0], living?.curve?.at(-1)]).toEqual([
    [1, 2],
    [1999, 0.0010005],
  ]);
  expect(collected).toEqual({ ...living, state: 'collected', folder: undefined });
});
