import { describe, expect, it } from 'vitest';
import { nearest } from '../../packages/cli/src/did-you-mean.js';
import { parseDuration } from '../../packages/cli/src/duration.js';
import {
  bytes,
  clockTime,
  count,
  duration,
  fit,
  percent,
  points,
  quote,
  table,
} from '../../packages/cli/src/format.js';
import { unitOf } from '../../packages/cli/src/units.js';

describe('how numbers are written', () => {
  it.each([
    [0, '0 s'],
    [0.44, '0.4 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.7, '1 min'],
    [61, '1 min 1 s'],
    [3599.7, '1 h'],
    [7500, '2 h 5 min'],
    [48 * 3600, '2 d 0 h'],
    [273_600, '3 d 4 h'],
  ])('%d seconds', (seconds, text) => expect(duration(seconds)).toBe(text));

  it.each([
    [0, '0:00'],
    [59.6, '1:00'],
    [175, '2:55'],
    [3599.6, '1:00:00'],
    [3723, '1:02:03'],
    [90_000, '25:00:00'],
  ])('%d seconds on a clock', (seconds, text) => expect(clockTime(seconds)).toBe(text));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.6, '1.0 kB'],
    [1500, '1.5 kB'],
    [99_600, '100 kB'],
    [2e7, '20 MB'],
    [3.21e9, '3.2 GB'],
    [5e21, '5000 EB'],
  ])('%d bytes', (number, text) => expect(bytes(number)).toBe(text));

  it('accuracies, gains and counts', () => {
    expect([0, 0.9344, 1].map(percent)).toEqual(['0.0 %', '93.4 %', '100.0 %']);
    expect([0.012, -0.138, 0, -0.0001, 0.0001].map(points)).toEqual(['+1.2', '-13.8', '0.0', '0.0', '0.0']);
    expect([58, 376_800].map((number) => count(number, 'parameters'))).toEqual([
      '58 parameters',
      '377 k parameters',
    ]);
  });
});

describe('durations that people write', () => {
  it.each([
    ['90s', 90],
    ['90', 90],
    ['2h', 7200],
    ['1h30m', 5400],
    ['1h 30min', 5400],
    ['0.5d', 43_200],
    ['250ms', 0.25],
  ])('%s', (text, seconds) => expect(parseDuration(text)).toBeCloseTo(seconds, 9));

  it.each(['', 'soon', '-5s', '5 parsecs', '1h30', '5 s m', 's', '1e3s', '٣s'])('not %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('operations that people write', () => {
  const parse = unitOf('bounds.flops')?.parse;
  it.each([
    ['20PFLOP', 2e16],
    ['1.5 EFLOPs', 1.5e18],
    ['7FLOP', 7],
  ])('%s', (text, count) => expect(parse?.(text)).toBe(count));

  it.each(['20P', '20PB', 'FLOP', '-1GFLOP'])('not %j', (text) => expect(parse?.(text)).toBeUndefined());
});

describe('table', () => {
  it('puts numbers to the right and words to the left, without blanks at the end', () => {
    const rows = [
      ['w1-4', '93.4 %', '+1.2', 'alive'],
      ['w12-345', '8.0 %', '', ''],
      ['w2-1', '–', '-13.8', 'dead'],
    ];
    expect(table(['id', 'fitness', 'gain', 'state'], rows)).toEqual([
      'id       fitness   gain  state',
      'w1-4      93.4 %   +1.2  alive',
      'w12-345    8.0 %',
      'w2-1           –  -13.8  dead',
    ]);
    expect(table(['id'], [])).toEqual(['id']);
  });

  it('is cut to a terminal, and to nothing in a pipe', () => {
    expect(fit(['abcdef', 'abc'], 5)).toEqual(['abcd…', 'abc']);
    expect(fit(['abcdef'], undefined)).toEqual(['abcdef']);
  });
});

describe('did you mean', () => {
  const known = ['populationSize', 'mutationsPerReproduction', 'seed'];

  it.each([
    ['sede', undefined],
    ['sed', 'seed'],
    ['Seed', 'seed'],
    ['population', 'populationSize'],
    ['populaton', 'populationSize'],
    ['popsize', undefined],
    ['x', undefined],
    ['', undefined],
  ])('%s: %s', (wrong, meant) => expect(nearest(wrong, known)).toBe(meant));

  it('means nothing where nothing is known', () => expect(nearest('seed', [])).toBeUndefined());
});

describe('a path in a command that is shown', () => {
  it.each([
    ['runs/a-1', 'runs/a-1'],
    ['my runs/a', "'my runs/a'"],
    ["it's", "'it'\\''s'"],
  ])('%j is quoted where a shell needs it', (word, quoted) => {
    expect(quote(word)).toBe(quoted);
  });
});
