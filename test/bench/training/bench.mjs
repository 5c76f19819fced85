#!/usr/bin/env node
// Whole training steps of Galapagos' back ends and of PyTorch, in one run. See README.md.
//
//   node test/bench/training/bench.mjs [--nets ref28,…] [--rows native,…] [--settings '1 thread,…']
//     [--rounds 3] [--seconds 1.5] [--by rate|best|cpu] [--python FILE] [--out FOLDER]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argumentsOf } from '../../support/arguments.mjs';
import { costOf } from '../../../packages/trainer/dist/flops.js';
import { encodeWeights } from '../../../packages/trainer/dist/weights-file.js';
import { fmaPeak, load, machine } from '../machine.mjs';
import { SETTINGS, measure } from './measure.mjs';
import { BATCH, COMPARED, NETS, STEP, batchOf, netOf, weightsOf } from './nets.mjs';
import { CACHE, rows } from './rows.mjs';
import { MEASURES, report } from './report.mjs';

const { values: options } = argumentsOf(import.meta.filename, {
  options: {
    nets: { type: 'string', default: NETS.join() },
    rows: { type: 'string' },
    settings: { type: 'string', default: Object.keys(SETTINGS).join() },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1.5' },
    by: { type: 'string', default: 'rate' },
    python: { type: 'string' },
    out: { type: 'string', default: join(CACHE, 'results') },
  },
});
const list = (text, known) => {
  const names = text.split(/,(?! )/);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no ${unknown.join(', ')}; there are: ${known.join(' | ')}`);
  return names;
};

const nets = list(options.nets, NETS);
const settings = list(options.settings, Object.keys(SETTINGS));
const all = rows(options.python);
const named =
  options.rows &&
  list(
    options.rows,
    all.map(({ name }) => name),
  );
const wanted = all.filter(({ name, kind }) => (named ? named.includes(name) : kind !== 'apart'));
const chosen = wanted.filter(({ absent }) => absent === undefined);
const absent = wanted.filter(({ absent }) => absent !== undefined);

mkdirSync(options.out, { recursive: true });
for (const name of nets) writeNet(name);
const record = {
  started: new Date().toISOString(),
  machine: machine(),
  batch: BATCH,
  seconds: Number(options.seconds),
  by: list(options.by, Object.keys(MEASURES))[0],
  absent: absent.map(({ name, absent: reason }) => ({ name, reason })),
  rows: chosen.map(({ name, kind }) => ({ name, kind })),
  nets: nets.map((name) => ({ name, gigaflops: costOf(netOf(name).plan, BATCH).flopsPerStep / 1e9 })),
  peaks: [],
  loads: [],
  measurements: [],
  failures: [],
};

const rounds = Number(options.rounds);
for (let round = 0; round < rounds; round++) {
  for (const net of nets) {
    record.peaks.push(fmaPeak());
    record.loads.push(load());
    // There and back again, so that no row is always the one after another.
    const order = round % 2 === 0 ? chosen : chosen.toReversed();
    for (const setting of settings) {
      const able = order.filter(({ oneThread }) => !oneThread || SETTINGS[setting].threads === 1);
      for (const row of able) await measured(row, net, setting, round);
    }
    save();
  }
}
console.log(report(record));

async function measured(row, net, setting, round) {
  const at = { net, row: row.name, setting, round };
  try {
    const result = await measure(row, net, options.out, options.seconds, SETTINGS[setting]);
    record.measurements.push({ ...at, ...result });
    console.error(
      `${round + 1}/${rounds} ${net}, ${setting}, ${row.name}: ${result.rate.toPrecision(3)} steps/s`,
    );
  } catch (error) {
    record.failures.push({ ...at, reason: String(error) });
    console.error(`${net}, ${setting}, ${row.name}: ${error}`);
  }
}

function writeNet(name) {
  const net = netOf(name);
  const { height, width, channels } = net.plan.image;
  const { images, labels } = batchOf(net);
  const arrays = weightsOf(net)
    .set('images', { shape: [BATCH, height, width, channels], values: images })
    .set('labels', { shape: [BATCH], values: Float32Array.from(labels) });
  const setting = { plan: net.plan, step: STEP, compared: COMPARED };
  writeFileSync(join(options.out, `${name}.json`), JSON.stringify(setting));
  writeFileSync(join(options.out, `${name}.safetensors`), encodeWeights(arrays));
}

function save() {
  writeFileSync(join(options.out, 'training.json'), `${JSON.stringify(record, null, 1)}\n`);
  writeFileSync(join(options.out, 'training.md'), `${report(record)}\n`);
}
