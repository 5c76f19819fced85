import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inheritsWeights } from '@galapagos/dna';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Individual, Population, everyone, findIndividual } from '@galapagos/population';
import { rerunCommand } from '../../packages/cli/src/commands/rerun.js';
import { realGround } from '../../packages/cli/src/ground.js';
import { eventually } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flagsOf, galapagos } from './harness.js';
import { makeSearch, start } from './processes.js';

/** The search that is rerun; only the last of these tests spoils it. */
const root = join(mkdtempSync(join(tmpdir(), 'galapagos-test-')), 'run');
beforeAll(() => search(root));
afterAll(() => rmSync(dirname(root), { recursive: true }));

/** A search by one worker from which little but records is left. */
async function search(root: string): Promise<void> {
  const fields = {
    'search.populationSize': '4',
    'bounds.individuals': '24',
    'bounds.hallOfFame': '0',
    'training.steps': '20',
  };
  expect((await galapagos(['init', root, ...flagsOf(fields)])).code).toBe(0);
  expect((await start(['worker', root, '--backend', 'wasm']).finished).code).toBe(0);
}

/** Every individual that ever was, in the order of birth. */
async function individuals(root: string): Promise<Individual[]> {
  const population = await Population.open(root, realGround());
  const found: (Individual | undefined)[] = [];
  for (const { id } of await everyone(population)) found.push(await findIndividual(population, id));
  return found
    .filter((individual) => individual !== undefined)
    .sort((a, b) => Number(a.id.split('-')[1]) - Number(b.id.split('-')[1]));
}

function rerun(root: string, id: string, ...flags: string[]) {
  return start(['rerun', root, id, '--backend', 'wasm', ...flags]).finished;
}

it('repeats itself from its seed, with one worker: births, mutations, fitnesses, weights', async () => {
  const whatDoesNotDependOnTheClock = ({ id, state, dna, birth, evaluation }: Individual) => {
    const { parent, mutations } = birth;
    return { id, state, dna, parent, mutations, fitness: evaluation?.fitness, weights: evaluation?.weights };
  };
  const once = (await individuals(root)).map(whatDoesNotDependOnTheClock);
  const other = `${temporaryDirectory()}/run`;
  await search(other);
  const again = (await individuals(other)).map(whatDoesNotDependOnTheClock);
  expect(once.length).toBeGreaterThanOrEqual(24);
  expect(again).toEqual(once);
});

it('reruns what lives and what was collected, after its ancestors, bit for bit', async () => {
  const children = (await individuals(root)).filter(({ birth }) => birth.parent !== null);
  const ashes = new Set(children.flatMap(({ id, state }) => (state === 'collected' ? [id] : [])));
  const collected = children.find(
    ({ id, birth }) => ashes.has(id) && ashes.has(birth.parent?.id ?? '') && inheritsWeights(birth.mutations),
  );
  const alive = children.findLast(({ state }) => state === 'alive');

  const { out } = await galapagos(['show', root, alive?.id ?? '']);
  expect(out).toMatch(/^cost .*, on wasm simd128$/m);

  const byRecords = await rerun(root, collected?.id ?? '', '--json');
  expect(byRecords).toMatchObject({ code: 0, stderr: expect.stringContaining('ancestor') as string });
  const shape = rerunCommand.output?.safeParse(JSON.parse(byRecords.stdout));
  expect(shape?.error).toBeUndefined();
  expect((shape?.data as object[]).at(-1)).toMatchObject({ id: collected?.id, isSame: true });

  const kept = `${temporaryDirectory()}/kept`;
  const byFolder = await rerun(root, alive?.id ?? '', '--keep', kept);
  expect(byFolder.code, byFolder.stderr).toBe(0);
  expect(byFolder.stdout).toContain('the same weights bit for bit');
  expect(readFileSync(`${kept}/${alive?.id}/again/weights.safetensors`)).toEqual(
    readFileSync(`${alive?.folder}/${alive?.tenure}/weights.safetensors`),
  );
  expect((await rerun(root, alive?.id ?? '', '--keep', kept)).stderr).toContain('that is not there yet');
});

it('does not rerun what is still in training', async () => {
  const busy = await makeSearch('endless');
  const worker = start(['worker', busy]);
  await eventually(async () => (await individuals(busy)).length > 0, 25_000);
  worker.child.kill('SIGINT');
  await worker.finished;
  const { code, stderr } = await rerun(busy, 'w1-1');
  expect(code).toBe(1);
  expect(stderr).toContain('w1-1 has no fitness to repeat: it is still in training');
});

it('says what differs', async () => {
  const history = `${root}/history/w1.jsonl`;
  const [line = '', ...rest] = readFileSync(history, 'utf8').split('\n');
  const record = JSON.parse(line) as { id: string; evaluation: { fitness: number } };
  record.evaluation.fitness = 0.123;
  writeFileSync(history, [JSON.stringify(record), ...rest].join('\n'));
  const { code, stdout } = await rerun(root, record.id);
  expect(code).toBe(1);
  expect(stdout).toMatch(/not the same\n {2}fitness {2}recorded 0\.123, now 0\./);
  expect(stdout).toContain('on the same back end, wasm');
});
