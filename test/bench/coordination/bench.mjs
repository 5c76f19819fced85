// What coordination costs: Galapagos against Optuna (JournalStorage in a file) and NePS, on the same directory, with the same
// objective, in one run of interleaved rounds. The first run makes the searches of thousands of trials, and keeps them.
//
//   npm run build && node test/bench/coordination/bench.mjs [--rounds 3] [--seconds 8] [--finished 0,2000,10000,100000]
//       [--workers 1,2,4,8] [--parts throughput,flat,kills,crowd] [--crowd 250/4] [--directory DIR] [--out DIR] [--cache DIR]
//
// Without --directory everything lies on an ext4 of its own, with a journal, in an image; that takes root.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SeededRandom } from '@galapagos/dna';
import { argumentsOf } from '../../support/arguments.mjs';
import { compiled } from '../../worker/fixtures/compile.mjs';
import { describe, load, machine } from '../machine.mjs';
import { crowd, kills, throughput } from './measure.mjs';
import { report } from './report.mjs';
import { galapagos, grow, keep, lengthOf, neps, optuna, prepared, python, run } from './tools.mjs';

process.chdir(resolve(import.meta.dirname, '../../..'));
const { values: options } = argumentsOf(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    finished: { type: 'string', default: '0,2000,10000,100000' },
    workers: { type: 'string', default: '1,2,4,8' },
    parts: { type: 'string', default: 'throughput,flat,kills,crowd' },
    crowd: { type: 'string', default: '250/4' },
    directory: { type: 'string' },
    out: { type: 'string', default: '.cache/coordination-bench/results' },
    cache: { type: 'string', default: '.cache/coordination-bench' },
  },
});
const cache = resolve(options.cache);
// Before it is gone: what runs on an image has no network.
const program = python(cache);
if (options.directory === undefined) process.exit(onAnImage());

const { makeExperiment } = await import(await compiled('worker/experiment.ts'));
const numbers = (text) => text.split(',').map(Number);
const parts = options.parts.split(',');
const ours = galapagos({ sync: true });
const tools = [ours, galapagos({ sync: false }), optuna(program), neps(program)];
const directory = mkdtempSync(join(options.directory, 'coordination-'));
const results = {
  machine: describe(machine()),
  filesystem: run('stat', ['-f', '-c', '%T', directory]).trim(),
  load: [load()],
  fsyncs: [],
  rounds: Number(options.rounds),
  seconds: Number(options.seconds),
  throughput: [],
  bytes: [],
  flat: undefined,
  kills: [],
  crowd: undefined,
  /** What went wrong with peers. */
  broken: [],
};
try {
  // First, since the others go on with what it makes.
  if (parts.includes('flat')) {
    const root = join(directory, 'flat');
    await ours.make(root, 0);
    results.flat = { workers: 4, curve: await grow(ours, root, 100_000, 4), bytes: ours.bytes(root) };
    save();
    keep(ours, 100_000, cache, root);
    rmSync(root, { recursive: true, force: true });
  }
  if (parts.includes('throughput')) {
    for (let round = 0; round < results.rounds; round++) {
      for (const finished of numbers(options.finished)) {
        for (const workers of numbers(options.workers)) {
          for (const tool of tools.filter((one) => one.isWithinReach(finished, workers)))
            await cell(tool, finished, workers);
        }
      }
    }
  }
  if (parts.includes('kills')) {
    for (const tool of tools.filter(({ slug }) => slug !== 'ours-no-fsync')) {
      const root = join(directory, tool.slug);
      await tool.make(root, 0);
      const random = new SeededRandom('kills');
      const found = await unlessItBreaks(tool, () => kills(tool, root, 10, () => random.next()));
      if (found === undefined) continue;
      console.error(`${tool.name}: ${JSON.stringify(found)}`);
      results.kills.push({ tool: tool.name, ...found });
      rmSync(root, { recursive: true });
    }
  }
  if (parts.includes('crowd')) {
    const root = join(directory, 'crowd');
    const [workers, processes] = options.crowd.split('/').map(Number);
    const of = { populationSize: 1000, workers, processes, seconds: 60, milliseconds: 1000 };
    await makeExperiment(root, { populationSize: of.populationSize, bounds: { leaseSeconds: 60 } });
    results.crowd = { ...of, ...(await crowd(root, of)), living: spaceOf(join(root, 'alive')) };
    console.error(JSON.stringify(results.crowd));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
results.load.push(load());
console.log(save());

/** What there is so far. @returns the report. */
function save() {
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, 'coordination.json'), `${JSON.stringify(results, null, 2)}\n`);
  const text = report(results);
  writeFileSync(join(options.out, 'coordination.md'), text);
  return text;
}

/** One tool, so many finished trials, so many workers. */
async function cell(tool, finished, workers) {
  const root = join(directory, `${tool.slug}-${finished}`);
  await prepared(tool, finished, cache, root);
  // What was copied is not to be written while others wait for the disk.
  run('sync', []);
  const before = lengthOf(root);
  results.fsyncs.push(fsyncs());
  const found = await unlessItBreaks(tool, () => throughput(tool, root, workers, results.seconds));
  if (found === undefined) return rmSync(root, { recursive: true });
  results.throughput.push({ tool: tool.name, finished, workers, ...found });
  if (finished > 0 && results.bytes.every((one) => one.tool !== tool.name || one.finished !== finished))
    results.bytes.push({ tool: tool.name, finished, length: before, disk: tool.bytes(root) });
  console.error(
    `${String(finished).padStart(6)} finished, ${workers} workers, ${tool.name}: ${found.rate.toFixed(1)}/s [${found.each.join()}]`,
  );
  rmSync(root, { recursive: true });
  save();
}

/** A peer of which a worker ends is a result too; of ours it is an error. */
async function unlessItBreaks(tool, measure) {
  try {
    return await measure();
  } catch (error) {
    if (tool.name.startsWith('Galapagos')) throw error;
    results.broken.push(error.message);
    console.error(error.message);
    return undefined;
  }
}

/** What the living take, each: bytes of the disk, and inodes. */
function spaceOf(alive) {
  const count = readdirSync(alive).length;
  const disk = (...how) => Number(run('du', ['-s', ...how, alive]).split('\t')[0]) / count;
  return { bytes: disk('--block-size=1'), inodes: disk('--inodes') };
}

/** Fsyncs of a file of 1 kB that one process makes here in a second: what the disk itself permits. */
function fsyncs() {
  const file = join(directory, 'probe');
  const script = `import os, time
end = time.monotonic() + 0.3
count = 0
while time.monotonic() < end:
    with open(${JSON.stringify(file)}, "wb") as file:
        file.write(bytes(1024))
        file.flush()
        os.fsync(file.fileno())
    count += 1
print(count / 0.3)`;
  return Number(run('python3', ['-c', script]));
}

/** The same once more, in a world in which an image is mounted. @returns its exit status. */
function onAnImage() {
  const place = mkdtempSync(join(tmpdir(), 'galapagos-coordination-'));
  const again = [process.execPath, ...process.argv.slice(1), '--directory', join(place, 'shared')];
  const script = 'bash test/cluster/ext4 up "$1" && shift && exec "$@"';
  try {
    const { status } = spawnSync(
      'bash',
      ['test/cluster/world', 'bash', '-c', script, 'bench', place, ...again],
      {
        stdio: 'inherit',
      },
    );
    return status ?? 1;
  } finally {
    rmSync(place, { recursive: true });
  }
}
