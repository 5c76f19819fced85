import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { SeededRandom } from '@galapagos/dna';
import { Population, giveOrder, nodeFilesystem } from '@galapagos/population';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { keepMetrics } from '../../packages/cli/src/metrics/keep-metrics.js';
import { METRICS, expositionOf, upMetric } from '../../packages/cli/src/metrics/metrics.js';
import type { Terminal } from '../../packages/cli/src/terminal.js';
import { ManualClock } from '../support/manual-clock.js';
import { type StartedProcess, eventually } from '../support/processes.js';
import { repository } from '../support/source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { galapagos } from './harness.js';
import { type Cast, populate } from './population.js';
import { start } from './processes.js';

let cast: Cast;
let started: StartedProcess | undefined;

beforeEach(async () => {
  cast = await populate();
});

afterEach(() => started?.child.kill('SIGKILL'));

/** Values by name and labels, without the directory, which every line has. */
function valuesOf(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', labels = '', value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
      expect(labels, line).toContain(`directory="${cast.root}"`);
      const others = labels.replace(/,?directory="[^"]*"/, '');
      return [others === '' ? name : `${name}{${others}}`, Number(value)];
    }),
  );
}

it('says once what status says', async () => {
  const { population } = cast.me;
  await giveOrder(population, { order: 'pause' });
  await giveOrder(population, { order: 'settings', bounds: { individuals: 3 } });
  const { code, out, err } = await galapagos(['metrics', cast.root]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const values = valuesOf(out);
  expect(values).toMatchObject({
    galapagos_up: 1,
    'galapagos_individuals{state="training"}': 1,
    'galapagos_individuals{state="alive"}': 2,
    'galapagos_individuals{state="dead"}': 1,
    galapagos_population_set_point: 6,
    galapagos_best_fitness: 0.75,
    'galapagos_alive_fitness{rank="min"}': 0.2,
    'galapagos_alive_fitness{rank="median"}': expect.closeTo(0.475) as number,
    'galapagos_alive_fitness{rank="max"}': 0.75,
    galapagos_births_total: 6,
    'galapagos_workers{state="working"}': 1,
    'galapagos_workers{state="gone"}': 0,
    galapagos_paused: 1,
    galapagos_bound_reached: 1,
    'galapagos_bound{bound="individuals"}': 3,
    galapagos_quarantined_sites: 0,
    galapagos_disk_over_bound: 0,
  });
  const own = Object.keys(values).find((name) => name.startsWith('galapagos_worker_births_total'));
  expect(own).toContain(`worker="${cast.me.name}"`);
  expect(own).toContain('backend="wasm"');
  const named = new Set([upMetric, ...METRICS].map(({ name }) => name));
  expect(Object.keys(values).filter((name) => !named.has(name.replace(/\{.*/, '')))).toEqual([]);
});

it('says nothing but that it is down of a directory that does not answer', async () => {
  expect(valuesOf(await expositionOf(undefined, cast.root))).toEqual({ galapagos_up: 0 });
});

it('serves what it sees, and sees how it goes on', async () => {
  const { root, me } = cast;
  const { child, finished } = (started = start(['metrics', root, '--port', '0', '--every', '1s']));
  const printed = () => started?.output().stderr ?? '';
  await eventually(() => printed().includes('serving '), 20_000);
  const [address = ''] = /http:\S+/.exec(printed()) ?? [];
  const read = async () => valuesOf(await (await fetch(address)).text());
  await eventually(async () => (await read())['galapagos_up'] === 1, 20_000);
  expect((await fetch(address)).headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/);
  const silence = (values: Record<string, number>) =>
    Object.entries(values).find(([name]) => name.includes('worker_silence_seconds'))?.[1];
  // It took two looks to see that nobody beats.
  await eventually(async () => (silence(await read()) ?? 0) > 1, 20_000);
  await me.leave();
  await eventually(async () => (await read())['galapagos_workers{state="left"}'] === 1, 20_000);
  expect((await fetch(address.replace('metrics', 'etc/passwd'))).status).toBe(404);
  expect((await fetch(address, { method: 'DELETE' })).status).toBe(405);
  child.kill('SIGTERM');
  expect((await finished).code).toBe(0);
});

it.each(['EIO', 'ENOENT'])(
  'says that a directory is down that fails for a while (%s), or hangs',
  async (code) => {
    let trouble: 'none' | 'fails' | 'hangs' = 'none';
    const list = async (path: string) => {
      if (trouble === 'fails') throw Object.assign(new Error(code), { code });
      if (trouble === 'hangs') await eventually(() => trouble !== 'hangs', 60_000);
      return await nodeFilesystem.list(path);
    };
    const clock = new ManualClock();
    const ground = { filesystem: { ...nodeFilesystem, list }, clock, random: new SeededRandom('x') };
    const population = await Population.open(cast.root, ground);
    const told: string[] = [];
    const terminal = { err: (line: string) => told.push(line) } as unknown as Terminal;
    const file = `${temporaryDirectory()}/galapagos.prom`;
    const keeping = keepMetrics(
      population,
      { textfile: file, port: 0, address: '127.0.0.1', seconds: 15 },
      terminal,
    );
    const served = async () => {
      const [address = ''] = /http:\S+/.exec(told.join('\n')) ?? [];
      return valuesOf(await (await fetch(address)).text());
    };
    const written = () => valuesOf(readFileSync(file, 'utf8'));
    const untilLooked = async () => await eventually(() => clock.sleepers === 1, 20_000);
    await untilLooked();
    expect([(await served())['galapagos_up'], written()['galapagos_up']]).toEqual([1, 1]);
    trouble = 'fails';
    clock.advance(15);
    await eventually(() => written()['galapagos_up'] === 0, 20_000);
    expect(await served()).toEqual({ galapagos_up: 0 });
    expect(told.filter((line) => line.includes('does not answer'))).toHaveLength(1);
    trouble = 'none';
    await untilLooked();
    clock.advance(15);
    await eventually(() => written()['galapagos_up'] === 1, 20_000);
    trouble = 'hangs';
    await untilLooked();
    clock.advance(15);
    expect((await served())['galapagos_up']).toBe(1);
    clock.advance(60);
    expect(await served()).toEqual({ galapagos_up: 0 });
    trouble = 'none';
    await untilLooked();
    process.emit('SIGINT');
    clock.advance(15);
    await keeping;
    expect(existsSync(file)).toBe(false);
  },
);

it('keeps a text file up to date, and takes it away', async () => {
  const folder = temporaryDirectory();
  const file = `${folder}/galapagos.prom`;
  started = start(['metrics', cast.root, '--textfile', file, '--every', '1s']);
  const { child, finished } = started;
  await eventually(() => existsSync(file), 20_000);
  const first = valuesOf(readFileSync(file, 'utf8'))['galapagos_look_timestamp_seconds'] ?? NaN;
  await eventually(
    () => (valuesOf(readFileSync(file, 'utf8'))['galapagos_look_timestamp_seconds'] ?? 0) > first,
    20_000,
  );
  // The collector reads whatever ends in .prom.
  expect(readdirSync(folder).filter((name) => name.endsWith('.prom'))).toEqual(['galapagos.prom']);
  child.kill('SIGINT');
  expect((await finished).code).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

it('refuses what makes no sense', async () => {
  const theirs = `${temporaryDirectory()}/node.prom`;
  writeFileSync(theirs, 'node_boot_time_seconds 7\n');
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  try {
    for (const [flags, message] of [
      [['--textfile', '/tmp/galapagos.txt'], 'a name that ends in .prom'],
      [['--textfile', theirs], 'is there already, and is something else'],
      [['--textfile', '/nowhere/galapagos.prom'], 'cannot be written'],
      [['--port', '99999'], '--port: a whole number from 0 to 65535'],
      [['--port', String(port)], `--port ${port}: another program has it`],
      [['--port', '0', '--address', 'nowhere.invalid'], '--address nowhere.invalid'],
      [['--every', 'often'], '--every often: write a duration'],
    ] as const) {
      const { code, err } = await galapagos(['metrics', cast.root, ...flags]);
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(message) as string });
    }
  } finally {
    taken.close();
  }
  expect(readFileSync(theirs, 'utf8')).toBe('node_boot_time_seconds 7\n');
});

it('alerts by names that there are', () => {
  const text = readFileSync(`${repository}/deploy/prometheus/alerts.yaml`, 'utf8');
  const { groups } = parse(text) as { groups: { rules: { alert: string; expr: string }[] }[] };
  const named = new Set([upMetric, ...METRICS].map(({ name }) => name));
  const used = groups.flatMap(({ rules }) => rules.flatMap(({ expr }) => expr.match(/galapagos_\w+/g) ?? []));
  expect(used.length).toBeGreaterThan(8);
  expect(used.filter((name) => !named.has(name))).toEqual([]);
});
