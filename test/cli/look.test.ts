import { hostname } from 'node:os';
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { boundsSchema } from '@galapagos/population';
import { parseDnaText } from '@galapagos/dna';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { newWorld } from '../population/support.js';
import { type Cast, populate } from './population.js';
import { galapagos } from './harness.js';

let cast: Cast;

beforeEach(async () => {
  cast = await populate();
});

async function outputOf(argv: readonly string[], columns?: number): Promise<string> {
  const { code, out, err } = await galapagos(argv, columns === undefined ? {} : { columns });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

describe('show', () => {
  it('shows one that lives, as best too', async () => {
    const { root, best, collected } = cast;
    const out = await outputOf(['show', root, 'best']);
    expect(out).toContain(
      `individual   ${best.id}, alive, tenure 1\nfitness      75.0 %, +25.0 against its parent\n`,
    );
    expect(out).toContain(`parent       ${collected} (50.0 %)`);
    expect(out).toMatch(/^mutation {5}[A-Z-]+/m);
    expect(out).toContain('cost         1.0 s, 100 steps, 1.0 MFLOP, 10 parameters, on none');
    expect(out).toContain('seed         seed, attempt 1');
    expect(out).toMatch(/children {5}2: \S+ \(10\.0 %\), \S+ \(–\)\n/);
    expect(out).toMatch(
      /dna {10}\d convolutions?, \d vertices, \d edges?; learning rate 0\.\d+, weight decay/,
    );
    expect(out).toMatch(/trained by {3}\w+ on .*, process \d+/);
    expect(out).toContain(`directory    ${root}/alive/0.750000~${best.id}~1`);
    expect(out).toContain('● 8×8×1 image');
    expect(out).toMatch(/◆ dense \d+ → 2, softmax$/);
    expect(await outputOf(['show', root, best.id])).toBe(out);
  });

  it('shows one in training, and one of the first kind', async () => {
    const { root, inTraining, first } = cast;
    const out = await outputOf(['show', root, inTraining.id]);
    expect(out).toContain(`${inTraining.id}, in training, tenure 1\nfitness      not evaluated`);
    expect(out).not.toContain('cost');
    expect(await outputOf(['show', root, first.id])).toContain('parent       none: of the first kind');
  });

  it('draws the learning curve, of one in training and of one that was collected', async () => {
    const { root, inTraining, me, collected } = cast;
    expect(await outputOf(['show', root, inTraining.id])).not.toContain('loss by step');
    const file = `${root}/training/${inTraining.id}~1~${me.name}/1/curve.jsonl`;
    const points = [10, 20, 30].map((step) => JSON.stringify({ step, loss: 30 / step }));
    writeFileSync(file, `${points.join('\n')}\n`);
    const out = await outputOf(['show', root, inTraining.id]);
    expect(out).toMatch(/loss by step\n {2}3\.00 │⠉⠒⠒⠤⢄⣀⡀/);
    expect(out).toMatch(/\n {2}1\.00 │.*⣀\n {7}╰─+\n {8}10 +30\n/);
    const record = `${root}/history/${me.name}.jsonl`;
    const line = `{"format":1,"id":"${collected}"`;
    const text =
      readFileSync(record, 'utf8')
        .split('\n')
        .find((one) => one.startsWith(line)) ?? '';
    writeFileSync(record, text.replace('"curve":null', '"curve":[[1,0.5]]'));
    expect(await outputOf(['show', root, collected])).toContain('loss by step\n  0.500 │');
  });

  it('prints the DNA alone, for a script', async () => {
    const { root, collected } = cast;
    expect(parseDnaText(await outputOf(['show', root, collected, '--dna']), 'stdout').format).toBe(1);
    expect((await galapagos(['show', root, collected, '--dna', '--json'])).code).toBe(2);
  });

  it('shows the dead, and those of whom only a record is left', async () => {
    const { root, dead, collected, buried } = cast;
    expect(await outputOf(['show', root, dead])).toContain(`${dead}, dead, not collected yet, tenure 1`);
    const record = await outputOf(['show', root, collected]);
    expect(record).toContain(`${collected}, dead; its record is left, tenure 1\nfitness      50.0 %`);
    expect(record).not.toContain('directory');
    expect(await outputOf(['show', root, buried])).toContain(
      'failure      over-limit: parameters: 6e7, at most 5e7\n  | one\n  | two\n',
    );
  });

  it('prints JSON', async () => {
    const { root, inTraining, buried } = cast;
    expect(JSON.parse(await outputOf(['show', root, inTraining.id, '--json']))).toMatchObject({
      id: inTraining.id,
      state: 'training',
      dna: { format: 1 },
      birth: { parent: { fitness: 0.75 } },
      children: [],
      owner: cast.me.name,
    });
    const best = JSON.parse(await outputOf(['show', root, 'best', '--json'])) as { children: string[] };
    expect(best.children).toEqual([cast.dead, inTraining.id]);
    expect(JSON.parse(await outputOf(['show', root, buried, '--json']))).toMatchObject({
      state: 'collected',
      failure: { class: 'over-limit' },
    });
  });

  it('does not know others', async () => {
    for (const id of ['w1-99', '../../etc', '']) {
      const { code, out, err } = await galapagos(['show', cast.root, id]);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toBe(`galapagos: ${cast.root}: there is no individual ${id}`);
    }
  });
});

describe('best', () => {
  it('shows leaderboard, network and ancestors, also those that were collected', async () => {
    const { root, best, first, collected } = cast;
    const out = await outputOf(['best', root]);
    const rows = out.split('\n').slice(0, 3);
    expect(rows[0]).toMatch(
      /^ {2}# {2}individual {2}fitness {2}parameters {2}convs {2}trained {2}parent {2}state$/,
    );
    expect(rows[1]).toMatch(new RegExp(`^  1  ${best.id} +75\\.0 % .* ${collected} +alive$`));
    expect(rows[2]).toMatch(new RegExp(`^  2  ${first.id} +20\\.0 % .* – +alive$`));
    expect(out).toContain(`The best network: ${best.id}, validation accuracy 75.0 %, 10 parameters`);
    const ancestors = out.slice(out.indexOf('Its line of ancestors, 2 generations:'));
    expect(ancestors).toMatch(new RegExp(`${first.id} +20\\.0 % +first kind: no convolution`));
    expect(ancestors).toMatch(new RegExp(`${collected} +50\\.0 %  \\+30\\.0  [A-Z]`));
    expect(ancestors).toMatch(new RegExp(`${best.id} +75\\.0 %  \\+25\\.0  [A-Z]`));
  });

  it('fits a narrow terminal', async () => {
    const out = await outputOf(['best', cast.root, '--top', '1'], 50);
    const [, first = '', second = ''] = out.split('\n');
    expect(first).toHaveLength(50);
    expect(first.endsWith('…')).toBe(true);
    expect(second).toBe('');
  });

  it('prints JSON', async () => {
    const { id } = JSON.parse(await outputOf(['best', cast.root, '--json'])) as { id: string };
    expect(id).toBe(cast.best.id);
  });

  it('is nobody while nobody was evaluated', async () => {
    const { root } = await newWorld();
    expect(await galapagos(['best', root])).toEqual({
      code: 0,
      out: '',
      err: `${root}: nobody has been evaluated yet`,
    });
    expect(await galapagos(['best', root, '--json'])).toMatchObject({ code: 0, out: 'null' });
    const shown = await galapagos(['show', root, 'best']);
    expect(shown).toMatchObject({ code: 1, err: `galapagos: ${root}: nobody has been evaluated yet` });
  });
});

const beatOf = (worker: string) => `${cast.root}/workers/${worker}/beat`;

describe('status', () => {
  it('counts', async () => {
    const { root, best } = cast;
    const out = await outputOf(['status', root]);
    expect(out).toContain('population   3 of 6: 2 alive, 1 in training; 1 dead to collect');
    expect(out).toContain(`fitness      best ever 75.0 % (${best.id}), median of the living 20.0 %`);
    expect(out).toContain('so far       6 births, 0 kills');
    expect(out).toContain('workers      1 working, 0 left, 0 gone without a word');
    expect(out).toMatch(/worker {2}host .*\n {2}\w+ .* wasm /);
  });

  it('says of whom no beat was written for longer than a lease', async () => {
    const { root, me, inTraining } = cast;
    expect(await outputOf(['status', root])).toMatch(new RegExp(`\\n {2}${me.name} .* ${inTraining.id} for`));
    const old = new Date(Date.now() - 7_200_000);
    utimesSync(beatOf(me.name), old, old);
    const out = await outputOf(['status', root]);
    expect(out).toMatch(new RegExp(`\\n {2}${me.name} .* no beat for 2 h, by the clocks\\n`));
    expect(out).toContain('whether a silent worker, or one of another host, lives --watch can tell');
  });

  it('says what Slurm says of its jobs, or that it says nothing', async () => {
    mkdirSync(`${cast.root}/logs/x`, { recursive: true });
    writeFileSync(`${cast.root}/logs/x/slurm.json`, '{"job":"7 evil"}');
    expect(await outputOf(['status', cast.root])).not.toContain('jobs');
    writeFileSync(`${cast.root}/logs/x/slurm.json`, '{"job":"7"}');
    vi.stubEnv('PATH', `${cast.root}/bin`);
    expect(await outputOf(['status', cast.root])).toContain(
      'jobs         Slurm does not answer: squeue is not here',
    );
    mkdirSync(`${cast.root}/bin`);
    const queue = [
      ...['RUNNING|None|n1', 'PENDING|Resources|', 'PENDING|Priority|', 'NODE_FAIL|None|n0'].map(
        (task, slot) => `7_${slot}|${task}|/shared/logs/x/job.sbatch`,
      ),
      // It has that number, but is of another script.
      '7_4|RUNNING|None|n0|/home/me/thesis.sbatch',
    ].join('\\n');
    writeFileSync(`${cast.root}/bin/squeue`, `#!/bin/sh\nprintf '${queue}\\n'\n`, { mode: 0o755 });
    const out = await outputOf(['status', cast.root]);
    vi.unstubAllEnvs();
    expect(out).toContain('jobs         7: 1 running, 2 waiting (Resources, Priority), 1 node fail\n');
  });

  it('prints JSON of a shape that is written down', async () => {
    const { root, best, first, inTraining, me } = cast;
    expect(JSON.parse(await outputOf(['status', root, '--json']))).toEqual({
      at: expect.any(String) as string,
      host: hostname(),
      size: 3,
      setPoint: 6,
      training: [{ id: inTraining.id, tenure: 1, worker: me.name, since: '2017-03-03T00:00:00.000Z' }],
      alive: [
        { id: best.id, fitness: 0.75 },
        { id: first.id, fitness: 0.2 },
      ],
      dead: 1,
      best: { id: best.id, fitness: 0.75, state: 'alive' },
      workers: [
        {
          name: me.name,
          state: 'working',
          silentSeconds: null,
          lastBeatAt: statSync(beatOf(me.name)).mtime.toISOString(),
          host: expect.any(String) as string,
          pid: expect.any(Number) as number,
          backend: 'wasm',
          slurmJob: null,
          totals: me.totals,
        },
      ],
      jobs: { tasks: [], problem: null },
      totals: me.totals,
      reachedBound: null,
      quarantines: [],
      pausedSince: null,
      startedAt: expect.any(String) as string,
      bounds: boundsSchema.parse({ leaseSeconds: 10 }),
      birthsPerMinute: null,
      secondsLeft: null,
      disk: expect.objectContaining({ isEstimate: false }) as object,
    });
  });
});

describe('fsck', () => {
  it('finds a clean directory clean', async () => {
    const { code, out, err } = await galapagos(['fsck', cast.root]);
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: `${cast.root}: clean` });
    expect(JSON.parse((await galapagos(['fsck', cast.root, '--json'])).out)).toEqual([]);
  });

  it('finds a broken promise, and reads only', async () => {
    const file = `${cast.root}/alive/0.750000~${cast.best.id}~1/1/weights.safetensors`;
    writeFileSync(file, 'torn');
    const { code, out, err } = await galapagos(['fsck', cast.root]);
    expect(code).toBe(1);
    expect(err).toContain(`${cast.root}: 1 promise is broken\n`);
    expect(out).toContain(
      `error    alive/0.750000~${cast.best.id}~1: its evaluation is missing or cut short`,
    );
    expect(readFileSync(file, 'utf8')).toBe('torn');
    const [finding] = JSON.parse((await galapagos(['fsck', cast.root, '--json'])).out) as object[];
    expect(Object.keys(finding ?? {}).sort()).toEqual([
      'fix',
      'path',
      'problem',
      'repair',
      'repaired',
      'severity',
    ]);
  });
});

describe('stop', () => {
  it('gives an order to all', async () => {
    const { code, out, err } = await galapagos(['stop', cast.root]);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain(`${cast.me.name} leave`);
    expect(readFileSync(`${cast.root}/control/000001`, 'utf8')).toContain('"order": "stop"');
  });
});
