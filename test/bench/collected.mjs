// How long the views take in an experiment of which many individuals were collected.
//
//   npx tsc --build && node test/bench/collected.mjs [collected …]      5000 and 100000 where none are given
//
// Each directory is made with the real transitions: a population of 100, half of which has died and waits
// for the collector, and records of a search by
// tournaments, as the collector writes them. KEEP=DIR leaves the directories there.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom, firstDna, integer, mutate } from '../../packages/dna/dist/index.js';
import * as population from '../../packages/population/dist/index.js';
import { appendHistory } from '../../packages/population/dist/history.js';

const program = fileURLToPath(new URL('../../packages/cli/bin/galapagos.js', import.meta.url));
const image = { height: 32, width: 32, channels: 3 };
const ALIVE = 100;
const DEAD = 50;
/** Of the search whose records are made: larger, so that its networks grow as in a search of days. */
const POPULATION = 500;
const WORKERS = 8;
const BATCH = 32;

const counts = process.argv.slice(2).map(Number);
const parent = process.env.KEEP ?? mkdtempSync(join(tmpdir(), 'galapagos-collected-'));
const rows = [];
for (const collected of counts.length > 0 ? counts : [5000, 100_000]) {
  const root = join(parent, `collected-${collected}`);
  mkdirSync(parent, { recursive: true });
  const { deepest, middle } = await make(root, collected);
  const bytes = readdirSync(join(root, 'history')).reduce(
    (sum, name) => sum + statSync(join(root, 'history', name)).size,
    0,
  );
  rows.push({
    collected,
    'history MB': (bytes / 1e6).toFixed(0),
    // A search digests its histories as it goes; these were made at once.
    [`gc of ${DEAD} dead, and all to be digested`]: time(['gc', root]),
    status: time(['status', root]),
    ls: time(['ls', root, '--top', '20']),
    'ls --sort flops': time(['ls', root, '--sort', 'flops', '--top', '20']),
    'ls --json': time(['ls', root, '--json']),
    'show collected': time(['show', root, middle]),
    'lineage deepest': time(['lineage', root, deepest]),
    'lineage --descendants': time(['lineage', root, middle, '--descendants']),
    'diff two collected': time(['diff', root, middle, deepest]),
    best: time(['best', root]),
    'gc --dry-run': time(['gc', root, '--dry-run']),
    fsck: time(['fsck', root]),
  });
}
if (process.env.KEEP === undefined) rmSync(parent, { recursive: true });

const names = Object.keys(rows[0]);
console.log(`| | ${rows.map(({ collected }) => `${collected} collected`).join(' | ')} |`);
console.log(`|---|${rows.map(() => '---:').join('|')}|`);
for (const name of names.slice(1)) console.log(`| ${name} | ${rows.map((row) => row[name]).join(' | ')} |`);

/** Seconds of a command from its start to its end, those of its processor, and the most memory that it held. */
function time(argv) {
  const before = process.hrtime.bigint();
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%U %M', 'node', program, ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const seconds = Number(process.hrtime.bigint() - before) / 1e9;
  if (status !== 0) return `exit ${status}`;
  const [cpu, kilobytes] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return `${seconds.toFixed(1)} s (CPU ${cpu.toFixed(1)} s), ${Math.round(kilobytes / 1000)} MB`;
}

async function make(root, collected) {
  const random = new SeededRandom(`collected ${collected}`);
  const ground = { filesystem: population.nodeFilesystem, clock: population.systemClock, random };
  await population.createExperiment(ground, root, {
    format: population.POPULATION_FORMAT,
    createdAt: population.systemClock.now().toISOString(),
    version: '0.0.0',
    search: population.searchSchema.parse({ seed: 'bench', populationSize: ALIVE, image }),
    data: {},
    dataChecksum: 'none',
    classes: Array.from({ length: 10 }, (_, index) => String(index)),
    training: {},
    bounds: population.boundsSchema.parse({}),
  });
  const opened = await population.Population.open(root, ground);
  const members = [];
  for (let n = 0; n < WORKERS; n++)
    members.push(
      await population.Membership.join(opened, {
        host: population.unknowingHost,
        version: '0',
        backend: 'none',
      }),
    );
  const { living, deepest, middle } = await collect(members, random, collected);
  for (const { dna, fitness } of living.slice(0, ALIVE)) await raise(members[0], dna, fitness);
  // For gc to collect.
  for (const entry of (await opened.alive()).slice(0, DEAD)) await population.kill(members[0], entry);
  for (const member of members) await member.leave();
  return { deepest, middle };
}

/** Tournaments in memory; whoever loses one is recorded. */
async function collect(members, random, collected) {
  const living = Array.from({ length: POPULATION }, () => ({ dna: firstDna(), fitness: 0.1, generation: 0 }));
  const counters = members.map(() => 1_000_000);
  const batches = members.map(() => []);
  let deepest;
  let middle;
  for (let n = 0; n < collected; n++) {
    const one = integer(random, POPULATION);
    const other = (one + 1 + integer(random, POPULATION - 1)) % POPULATION;
    const [fitter, loser] = living[one].fitness > living[other].fitness ? [one, other] : [other, one];
    const worker = integer(random, members.length);
    const { dna, drawn } = mutate(living[fitter].dna, random, { image });
    const id = `${members[worker].name}-${counters[worker]++}`;
    const parent =
      living[fitter].id === undefined ? null : { id: living[fitter].id, fitness: living[fitter].fitness };
    const fitness = Math.min(1, Math.max(0, living[fitter].fitness + 0.02 * (random.next() - 0.45)));
    const generation = living[fitter].generation + 1;
    living[loser] = { id, dna, fitness, generation };
    if (deepest === undefined || generation > deepest.generation) deepest = { id, generation };
    if (n === Math.floor(collected / 2)) middle = id;
    batches[worker].push(recordOf({ id, dna, drawn, parent, fitness, worker: members[worker].name, n }));
    if (batches[worker].length === BATCH) await appendHistory(members[worker], batches[worker].splice(0));
  }
  for (const [worker, batch] of batches.entries())
    if (batch.length > 0) await appendHistory(members[worker], batch);
  return { living, deepest: deepest.id, middle };
}

function recordOf({ id, dna, drawn, parent, fitness, worker, n }) {
  const at = new Date(1.5e12 + n * 1000).toISOString();
  const common = { format: population.POPULATION_FORMAT };
  return {
    ...common,
    id,
    tenure: 1,
    dna,
    birth: { ...common, id, parent, mutations: drawn, worker, bornAt: at },
    attempt: { ...common, attempt: 1, seed: `bench|${id}|1`, fromStep: 0, worker, startedAt: at },
    curve: Array.from({ length: 100 }, (_, index) => [
      index * 256,
      Number((2.3 / (1 + index / 30)).toPrecision(7)),
    ]),
    evaluation: evaluationOf(id, fitness, at),
    failure: null,
    collectedAt: at,
  };
}

function evaluationOf(id, fitness, at) {
  return {
    format: population.POPULATION_FORMAT,
    id,
    tenure: 1,
    attempt: 1,
    fitness,
    diverged: false,
    steps: 25_600,
    seconds: 1234.5,
    flops: 1e15,
    parameters: 1e6,
    backend: 'none',
    weights: null,
    evaluatedAt: at,
  };
}

async function raise(me, dna, fitness) {
  const id = await population.conceive(me, { dna, mutations: [] });
  const entry = await population.admit(me, id);
  await population.beginTenure(me.population, entry);
  const at = population.systemClock.now().toISOString();
  await population.writeEvaluation(me.population, entry, evaluationOf(entry.id, fitness, at));
  await population.publish(me.population, entry, fitness);
}
