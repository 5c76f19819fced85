import { appendFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { lastLines } from '../../packages/cli/src/logs/last-lines.js';
import { Tail } from '../../packages/cli/src/logs/tail.js';
import { eventually } from '../support/processes.js';
import { galapagos } from './harness.js';
import { FIRST_LAUNCH, joinedIn, logged, writeLog, writeWorkerLog } from './logs.js';
import { type Cast, populate } from './population.js';
import { start } from './processes.js';

let cast: Cast;

beforeEach(async () => {
  cast = await populate();
});

async function linesOf(...argv: string[]): Promise<string[]> {
  const { code, out, err } = await galapagos(['logs', cast.root, ...argv]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out === '' ? [] : out.split('\n');
}

describe('logs', () => {
  it('merges what workers have logged and slots have printed in the order of time, in words', async () => {
    const { root } = cast;
    writeWorkerLog(root, 'w1', [
      logged('w1', 0, 'joined', { backend: 'wasm' }),
      logged('w1', 2, 'published', { id: 'w1-1', fitness: 0.5, seconds: 3 }),
    ]);
    // It may have been printed as late as the next worker of the slot joined.
    writeLog(root, [joinedIn('w1', 0), 'galapagos: something broke', joinedIn('w3', 2.5)]);
    writeWorkerLog(root, 'w2', [
      logged('w2', 1, 'born', { id: 'w2-1', parent: 'w1-1', mutations: [{ mutation: 'ADD-SKIP' }] }),
      logged('w2', 3, 'invented-later', { by: 'nobody' }),
      logged('w2', 4, 'lost-race', {}, 'debug'),
      { ...logged('w2', 5, 'lines-lost', { count: 7 }, 'warn'), worker: undefined },
    ]);
    writeLog(root, [joinedIn('w2', 1)], { slot: 1 });
    expect(await linesOf()).toEqual([
      '2017-03-03 09:00:00  w1      joined as w1',
      '2017-03-03 09:00:01  w2      w2-1 born of w1-1: ADD-SKIP',
      '2017-03-03 09:00:02  w1      w1-1 lives, fitness 50.0 %, after 3.0 s',
      `                     slot 0  galapagos: something broke  (${FIRST_LAUNCH})`,
      '2017-03-03 09:00:03  w2      invented-later {"worker":"w2","by":"nobody"}',
      '2017-03-03 09:00:05  w2      7 lines of this log could not be written',
    ]);
    expect(await linesOf('--lines', '2')).toHaveLength(2);
    expect(await linesOf('--level', 'warn')).toEqual([
      `                     slot 0  galapagos: something broke  (${FIRST_LAUNCH})`,
      '2017-03-03 09:00:05  w2      7 lines of this log could not be written',
    ]);
    expect(await linesOf('--level', 'debug')).toHaveLength(7);
    const json = (await linesOf('--json')).map((line) => JSON.parse(line) as object);
    expect(json[1]).toMatchObject({ worker: 'w2', msg: 'born', id: 'w2-1' });
    expect(json[3]).toEqual({ launch: FIRST_LAUNCH, slot: 0, text: 'galapagos: something broke' });
  });

  it('says how a process ended, in its place, and when by the words of Slurm', async () => {
    const { root } = cast;
    const local = new Date(Date.UTC(2017, 2, 3, 9, 0, 2) - new Date(2017, 2, 3).getTimezoneOffset() * 60_000);
    writeLog(root, [
      joinedIn('w1', 0),
      `slurmstepd: error: *** JOB 4 ON n0 CANCELLED AT ${local.toISOString().slice(0, 19)} ***`,
      'last words',
      { ...logged('', 3, 'process-ended', { code: 137, seconds: 3 }, 'warn'), worker: undefined },
      { ...logged('', 4, 'process-ended', { signal: 'SIGTERM' }, 'warn'), worker: undefined },
      { ...logged('', 5, 'process-ended', { code: 7 }, 'warn'), worker: undefined },
    ]);
    writeWorkerLog(root, 'w1', [logged('w1', 1, 'handed-back', { id: 'w1-1' }), logged('w1', 4.5, 'left')]);
    expect((await linesOf()).map((line) => line.slice(29).replace(`  (${FIRST_LAUNCH})`, ''))).toEqual([
      'w1-1 given back',
      expect.stringContaining('CANCELLED') as string,
      'last words',
      'its process ended: SIGKILL',
      'its process ended: SIGTERM',
      'left',
      'its process ended: exit code 7',
    ]);
  });

  it('leaves out what is older than one wants', async () => {
    const { root } = cast;
    const ago = (seconds: number) => new Date(Date.now() - 1000 * seconds).toISOString();
    writeWorkerLog(root, 'w1', [
      { ...logged('w1', 0, 'joined'), time: ago(7200) },
      { ...logged('w1', 0, 'left'), time: ago(60) },
    ]);
    expect(await linesOf()).toHaveLength(2);
    expect(await linesOf('--since', '100d')).toHaveLength(2);
    expect(await linesOf('--since', '1h')).toHaveLength(1);
    expect(await linesOf('--since', '10s')).toHaveLength(0);
  });

  it('picks a launch, or a slot of the newest', async () => {
    const { root } = cast;
    const launch = '2017-03-02T090000-here-1';
    for (const [worker, second] of [
      ['w1', 0],
      ['w2', 1],
      ['w3', 2],
      ['w4', 3],
    ] as const)
      writeWorkerLog(root, worker, [logged(worker, second, 'left')]);
    writeLog(root, [joinedIn('w1', 0), 'first'], { launch });
    writeLog(root, [joinedIn('w2', 1), joinedIn('w3', 2)]);
    writeLog(root, ['second'], { slot: 1 });
    const present = async (...argv: string[]) =>
      (await linesOf(...argv)).map((line) => line.slice(21).replace(/ {2,}/, ' '));
    expect(await present('--launch', launch)).toEqual(['w1 left', `slot 0 first  (${launch})`]);
    expect(await present('--launch', FIRST_LAUNCH)).toEqual([
      'w2 left',
      'w3 left',
      `slot 1 second  (${FIRST_LAUNCH})`,
    ]);
    expect(await present('0')).toEqual(['w2 left', 'w3 left']);
    expect(await present('slot-1')).toEqual([`slot 1 second  (${FIRST_LAUNCH})`]);
    expect(await present('0', '--launch', launch)).toEqual(['w1 left', `slot 0 first  (${launch})`]);
    expect(await present()).toHaveLength(6);
  });

  it('shows what launches of earlier versions have left: everything by slot', async () => {
    const { root, me } = cast;
    writeLog(root, [logged('w9', 0, 'left'), logged(me.name, 1, 'joined', { backend: 'wasm' }), 'oh']);
    expect(await linesOf()).toHaveLength(3);
    expect(await linesOf(me.name)).toEqual([
      `2017-03-03 09:00:01  ${me.name.padEnd(6)}  joined as ${me.name}`,
      `                     slot 0  oh  (${FIRST_LAUNCH})`,
    ]);
  });

  it('picks a worker with what its process printed, from the file before as well', async () => {
    const { root, me } = cast;
    writeWorkerLog(root, me.name, [logged(me.name, 0, 'joined')], `${me.name}.1`);
    expect(await linesOf(me.name)).toHaveLength(1);
    writeWorkerLog(root, me.name, [logged(me.name, 2, 'leaving', { reason: 'asked' })]);
    writeWorkerLog(root, 'w9', [logged('w9', 1, 'left')]);
    writeLog(root, [joinedIn('w9', 0), 'theirs', joinedIn(me.name, 1), 'ours', joinedIn('w8', 1)]);
    expect((await linesOf(me.name)).map((line) => line.slice(29))).toEqual([
      `joined as ${me.name}`,
      `ours  (${FIRST_LAUNCH})`,
      'leaving: asked',
    ]);
    expect(await linesOf(me.name, '--lines', '1')).toHaveLength(1);
  });

  it('picks an individual, with the end of its trainer’s log', async () => {
    const { root, buried, best } = cast;
    writeWorkerLog(root, 'w1', [
      logged('w1', 0, 'killed', { id: 'w9-1', fitness: 0.1, by: `${buried}0` }),
      logged('w1', 1, 'killed', { id: 'w9-2', fitness: 0.1, by: buried }),
    ]);
    writeWorkerLog(root, 'w7', [logged('w7', 2, 'handed-back', { id: best.id })]);
    expect(await linesOf(buried)).toEqual([
      `2017-03-03 09:00:01  w1      w9-2 (10.0 %) lost against ${buried}`,
      `${buried} was buried: over-limit, parameters: 6e7, at most 5e7`,
      '  | one',
      '  | two',
    ]);
    expect(await linesOf(best.id, '--json')).toHaveLength(1);
    // Nobody knew of it before it was born.
    utimesSync(`${root}/logs/workers/w7.log`, new Date('2017-03-02'), new Date('2017-03-02'));
    expect(await linesOf(best.id)).toHaveLength(0);
  });

  it('says what there is not', async () => {
    const { root } = cast;
    expect((await galapagos(['logs', root])).err).toContain('no worker has left a log here');
    expect(await galapagos(['logs', root, 'w77'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no worker, individual or slot w77') as string,
    });
    writeLog(root);
    expect(await galapagos(['logs', root, '--launch', 'x'])).toMatchObject({
      code: 2,
      err: expect.stringContaining(`there is no launch x in logs/; the newest are ${FIRST_LAUNCH}`) as string,
    });
    expect((await galapagos(['logs', root, '--lines', 'many'])).code).toBe(2);
    expect((await galapagos(['logs', root, '--since', 'yore'])).code).toBe(2);
    expect((await galapagos(['logs', root, '7'])).err).toContain('there is no slot 7 in the newest launch');
    expect((await galapagos(['logs', root, cast.me.name, '--launch', FIRST_LAUNCH])).err).toContain(
      `${cast.me.name} was no worker of the launch ${FIRST_LAUNCH}`,
    );
  });

  it('follows what is written, also to a new file of the same name and by a new launch, until Ctrl-C', async () => {
    const { root } = cast;
    const file = writeLog(root, [logged('w1', 0, 'left')]);
    const following = start(['logs', root, '-f']);
    const shows = async (words: string) => {
      await eventually(() => following.output().stdout.includes(words), 20_000);
    };
    await shows('left');
    appendFileSync(file, '{"level":"info","time":"2017-03-03T09:00:01.000Z","worker":"w1",');
    appendFileSync(file, '"msg":"handed-back","id":"w1-1"}\n');
    await shows('w1-1 given back');
    renameSync(file, `${file}.1`);
    writeFileSync(file, '');
    writeLog(root, [logged('w1', 2, 'handed-back', { id: 'w1-2' })]);
    await shows('w1-2 given back');
    writeLog(root, [logged('w2', 3, 'handed-back', { id: 'w2-1' })], { launch: '2017-03-04T090000-here-1' });
    await shows('w2-1 given back');
    // By hand, and its log is full after two lines.
    const own = writeWorkerLog(root, 'w3', [logged('w3', 4, 'handed-back', { id: 'w3-1' })]);
    await shows('w3-1 given back');
    writeWorkerLog(root, 'w3', [logged('w3', 5, 'handed-back', { id: 'w3-2' })]);
    renameSync(own, own.replace('.log', '.1.log'));
    writeWorkerLog(root, 'w3', [logged('w3', 6, 'handed-back', { id: 'w3-3' })]);
    await shows('w3-3 given back');
    expect(following.output().stdout).toContain('w3-2 given back');
    following.child.kill('SIGINT');
    const { code, stdout } = await following.finished;
    expect(code).toBe(0);
    expect(stdout.match(/given back/g)).toHaveLength(6);
  });
});

describe('a tail', () => {
  it('leaves out a line that is too long for one, and goes on behind it', async () => {
    const path = writeLog(cast.root, ['before']);
    const tail = new Tail(path, { end: 0, inode: undefined });
    expect(await tail.read()).toEqual(['before']);
    appendFileSync(path, `${'x'.repeat(3e6)}\nbehind\n`);
    const found = [];
    for (let look = 0; look < 4; look++) found.push(...(await tail.read()));
    expect(found).toEqual(['behind']);
    appendFileSync(path, 'later\n');
    expect(await tail.read()).toEqual(['later']);
  });
});

describe('lastLines', () => {
  const numbered = (count: number) => Array.from({ length: count }, (_, n) => `${n} ${'x'.repeat(n % 300)}`);

  it.each([1, 3, 1000, 2000, 5000])(
    'reads the last %i backwards, over the borders of chunks',
    async (count) => {
      const lines = numbered(2000);
      const file = writeLog(cast.root, lines);
      const { lines: found } = await lastLines(file, count, () => true);
      expect(found).toEqual(lines.slice(-count));
      const even = (line: string) => parseInt(line) % 2 === 0;
      expect((await lastLines(file, count, even)).lines).toEqual(lines.filter(even).slice(-count));
    },
  );

  it('ends behind the last whole line', async () => {
    const file = writeLog(cast.root, ['one', 'two']);
    appendFileSync(file, 'thr');
    expect(await lastLines(file, 2, () => true)).toMatchObject({ lines: ['two', 'thr'], end: 8 });
    expect((await lastLines(file, 0, () => true)).end).toBe(8);
    expect(await lastLines(`${file}.none`, 2, () => true)).toEqual({
      lines: [],
      end: 0,
      inode: undefined,
    });
  });
});
