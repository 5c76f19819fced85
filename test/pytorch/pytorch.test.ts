// The example of a trainer in PyTorch, held to the built-in one: see run.sh.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset, packFileOf } from '@galapagos/datasets';
import { parseDnaText } from '@galapagos/dna';
import { type Evaluation, findIndividual } from '@galapagos/population';
import { encodeWeights, planNetwork } from '@galapagos/trainer';
import { describe, expect, test } from 'vitest';
import { parametersOf } from '../../packages/trainer/src/parameters.js';
import type { Plan } from '../../packages/trainer/src/plan.js';
import { openPopulation } from '../../packages/cli/src/ground.js';
import { galapagos } from '../cli/harness.js';
import { expectSound, start } from '../cli/processes.js';
import { RefereeNetwork } from '../referee/network.js';
import { randomNetworks } from '../referee/support.js';
import { repository } from '../support/source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const python = process.env['PYTHON'] ?? 'python3';
const trainer = `${python} ${join(repository, 'examples/pytorch/train.py')} --device cpu`;
const run = (...words: string[]) => execFileSync(python, words, { encoding: 'utf8', maxBuffer: 1e8 });
const planText = (plan: Plan) => JSON.stringify({ ...plan, parameters: parametersOf(plan) });

describe('the example in PyTorch', () => {
  test('has the outputs of the referee on the same weights, whatever evolution makes', () => {
    const networks = randomNetworks(20, 4);
    const directory = temporaryDirectory();
    for (const { name, plan, weights, batch } of networks) {
      const folder = `${directory}/${name}`;
      mkdirSync(folder);
      writeFileSync(`${folder}/plan.json`, planText(plan));
      writeFileSync(`${folder}/weights.safetensors`, encodeWeights(new Map(weights)));
      const { shape, data } = batch.images;
      const images = new Map([['images', { shape, values: Float32Array.from(data) }]]);
      writeFileSync(`${folder}/batch.safetensors`, encodeWeights(images));
    }
    const answered = JSON.parse(run('test/pytorch/forward.py', directory)) as Record<string, number[][]>;
    expect(Object.keys(answered)).toHaveLength(networks.length);
    for (const { name, plan, weights, batch } of networks) {
      const expected = new RefereeNetwork(plan, weights).logits(batch);
      const found = answered[name]?.flat() ?? [];
      expect(found).toHaveLength(expected.data.length);
      const largest = Math.max(...expected.data.map(Math.abs));
      found.forEach((logit, i) =>
        expect(Math.abs(logit - (expected.data[i] as number)), `${name} ${i}`).toBeLessThan(2e-5 * largest),
      );
    }
  });

  test('evolves individuals beside workers of the built-in trainer, which inherit of one another', async () => {
    const root = `${temporaryDirectory()}/run`;
    const settings = {
      'search.populationSize': '8',
      'search.mutationsPerReproduction': '5',
      'search.seed': '"mixed"',
      'data.source': 'mnist-embedded',
      'data.meanPool': '2',
      'training.steps': '300',
      'training.checkpointSeconds': '2',
      'bounds.individuals': '8',
    };
    const flags = Object.entries(settings).flatMap(([field, value]) => ['--set', `${field}=${value}`]);
    expect((await galapagos(['init', root, ...flags])).code).toBe(0);
    const untilBorn = async (births: number, ...hows: string[][]) => {
      await galapagos(['set', root, `bounds.individuals=${births}`]);
      const workers = hows.map((how) => start(['worker', root, ...how], { timeoutMs: 800_000 }));
      for (const { finished } of workers) expect(await finished).toMatchObject({ code: 0 });
    };
    const [ours, theirs] = [
      ['--backend', 'wasm'],
      ['--trainer', trainer],
    ];
    await untilBorn(8, ours);
    await untilBorn(28, theirs, theirs);
    await untilBorn(60, ours, theirs);
    await expectSound(root);

    const population = await openPopulation(root);
    const { out } = await galapagos(['ls', root, '--json']);
    const everyone = JSON.parse(out) as { id: string; parent: string | null }[];
    const kinds = new Map<string, string | undefined>();
    for (const { id } of everyone) kinds.set(id, (await findIndividual(population, id))?.evaluation?.backend);
    const count = (kind: string) => [...kinds.values()].filter((one) => one === kind).length;
    expect(count('command')).toBeGreaterThanOrEqual(20);
    expect(count('wasm')).toBeGreaterThan(0);
    expect(count('command') + count('wasm')).toBe(everyone.length);
    const heirs = everyone.filter(({ id, parent }) => parent !== null && kinds.get(id) !== kinds.get(parent));
    expect(heirs.length).toBeGreaterThan(0);
    const evaluations = evaluationsIn(root);
    // Better than a guess.
    expect(Math.max(...evaluations.map(({ fitness }) => fitness))).toBeGreaterThan(0.15);

    // What one has trained, the other classifies in the same way.
    const dataset = await loadDataset({ source: 'mnist-embedded', meanPool: 2 });
    const data = await packFileOf(dataset, temporaryDirectory());
    let compared = 0;
    for (const { folder, fitness, weights, backend } of evaluations) {
      if (backend !== 'wasm' || weights === null) continue;
      const dna = parseDnaText(readFileSync(`${folder}/../dna.json`, 'utf8'), folder);
      const plan = `${temporaryDirectory()}/plan.json`;
      writeFileSync(plan, planText(planNetwork(dna, dataset, dataset.classes.length)));
      const accuracy = Number(run('test/pytorch/accuracy.py', plan, `${folder}/weights.safetensors`, data));
      // Of a thousand images at most one whose two best classes are as good as the same.
      expect(Math.abs(accuracy - fitness)).toBeLessThanOrEqual(1.5 / dataset.validation.count);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
    dataset.close();
  });
});

/** The evaluations of those whose folders are there, with their folders. */
function evaluationsIn(root: string): (Evaluation & { readonly folder: string })[] {
  return ['alive', 'dead', 'hall-of-fame'].flatMap((state) =>
    readdirSync(`${root}/${state}`).flatMap((name) => {
      const individual = `${root}/${state}/${name}`;
      return readdirSync(individual)
        .filter((entry) => /^[0-9]+$/.test(entry))
        .flatMap((tenure) => {
          const folder = `${individual}/${tenure}`;
          if (!readdirSync(folder).includes('evaluation.json')) return [];
          const evaluation = JSON.parse(readFileSync(`${folder}/evaluation.json`, 'utf8')) as Evaluation;
          return [{ ...evaluation, folder }];
        });
    }),
  );
}
