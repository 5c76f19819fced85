import { Control, type Host, type Population, giveOrder, unknowingHost } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { bitStringTrainer } from '../support/bit-string-trainer.js';
import { eventually } from '../support/processes.js';
import { failing, populationInMemory, runHere } from './harness.js';

function on(host: string): Host {
  return { ...unknowingHost, identity: async () => ({ ...(await unknowingHost.identity()), host }) };
}

/** A worker, whose trainings take a while, so that others go on at the same time. */
function worker(
  population: Population,
  host: string,
  { device, sick = false }: { device?: string; sick?: boolean } = {},
) {
  const { filesystem } = population;
  const well = bitStringTrainer({ filesystem, steps: 2, stepMs: 1 });
  const broken = failing(population, () => 'crash');
  return runHere(population, { evaluate: sick ? broken : well, host: on(host), device });
}

async function quarantines(population: Population): Promise<string[]> {
  const control = new Control(population);
  await control.poll();
  return control.quarantines.map(({ host, device, reason }) => `${host} ${device ?? '–'}: ${reason}`);
}

async function population() {
  return await populationInMemory({ populationSize: 12, bounds: { leaseSeconds: 1 } });
}

describe('a machine', () => {
  test('that fails what others succeed at is quarantined; its workers leave, and none begins there', async () => {
    const here = await population();
    const well = [worker(here, 'a'), worker(here, 'b')];
    await eventually(() => well.every(({ eventsOf }) => eventsOf('published').length > 5));
    const idle = worker(here, 'sick');
    // Who succeeded there before is no proof that it is well now.
    await eventually(() => idle.eventsOf('published').length > 0);
    idle.worker.leave();
    await idle.finished;
    const sick = worker(here, 'sick', { sick: true });
    expect(await sick.finished).toBe('failure-limit');
    expect(await quarantines(here)).toEqual([
      expect.stringMatching(
        /^sick –: 5 trainings in a row failed here \(crash: as the test wants\); elsewhere \d+ have succeeded$/,
      ),
    ]);
    // What it failed last is no fault of the child, which another brings up.
    expect(sick.eventsOf('handed-back')).toHaveLength(1);
    const late = worker(here, 'sick');
    expect(await late.finished).toBe('quarantined');
    expect(late.events).toEqual([expect.objectContaining({ event: 'quarantined', site: 'sick' })]);
    await giveOrder(here, { order: 'release', host: 'sick', device: null });
    const healed = worker(here, 'sick');
    await eventually(() => healed.eventsOf('published').length > 0);
    for (const { worker: other, finished } of [...well, healed]) {
      other.leave();
      expect(await finished).toBe('asked');
    }
  });

  test('where nobody else succeeds either is not: it may be the individuals', async () => {
    const here = await population();
    const all = [worker(here, 'a', { sick: true }), worker(here, 'b', { sick: true })];
    for (const { finished } of all) expect(await finished).toBe('failure-limit');
    expect(await quarantines(here)).toEqual([]);
  });

  test('on which another worker succeeds is not', async () => {
    const here = await population();
    const well = [worker(here, 'a'), worker(here, 'same')];
    await eventually(() => well.every(({ eventsOf }) => eventsOf('published').length > 5));
    expect(await worker(here, 'same', { sick: true }).finished).toBe('failure-limit');
    for (const { worker: other, finished } of well) {
      other.leave();
      await finished;
    }
    expect(await quarantines(here)).toEqual([]);
  });

  test('of which one accelerator is sick keeps the others', async () => {
    const here = await population();
    const well = [worker(here, 'a', { device: '0' }), worker(here, 'a', { device: '1' })];
    await eventually(() => well.every(({ eventsOf }) => eventsOf('published').length > 5));
    expect(await worker(here, 'a', { device: '2', sick: true }).finished).toBe('failure-limit');
    expect(await quarantines(here)).toEqual([
      expect.stringMatching(/^a 2: 5 trainings in a row failed here/),
    ]);
    expect(await worker(here, 'a', { device: '2' }).finished).toBe('quarantined');
    // By hand, all of the machine: those that work there give back what they hold.
    await giveOrder(here, { order: 'quarantine', host: 'a', device: null, reason: 'its fan', by: null });
    for (const { finished } of well) expect(await finished).toBe('quarantined');
    expect(await quarantines(here)).toEqual(['a –: its fan']);
  });
});
