import { beforeEach, describe, expect, it } from 'vitest';
import { newWorld } from '../population/support.js';
import { galapagos } from './harness.js';

let root: string;

beforeEach(async () => {
  ({ root } = await newWorld({ populationSize: 8 }));
});

const here = () => ({ environment: { GALAPAGOS_DIR: root } });

describe('the command line', () => {
  it.each([
    [[], 'Say what to do: galapagos --help lists the commands.'],
    [['statsu', 'x'], 'Did you mean status?'],
    [['status'], 'an argument is missing: galapagos status <dir>'],
    [['show', 'x'], 'an argument is missing: galapagos show <dir> <id>'],
    [['status', 'x', 'y'], 'Unknown argument: y'],
    [['launch', 'x', '--worker', '2'], 'Unknown argument: worker; did you mean --workers?'],
    [['init', 'x', '--preset', 'quickstrt'], 'Invalid values'],
    [
      ['init', 'x'],
      'init needs --preset, --config, --data or --set; presets are quickstart, mnist, fashion-mnist, images, cifar10-small',
    ],
    [['launch', 'x', '--for', '3s', '--for', '4s'], '--for is given more than once'],
    [['launch', 'x', '--for', 'soon'], '--for soon: write a duration as 90s, 30m or 2h'],
    [['launch', 'x', '--for', '0s'], '--for 0s: write a duration as 90s, 30m or 2h'],
    [['launch', 'x', '--for', '30d'], '--for 30d: at most 24d'],
    [['launch', 'x', '--for'], 'Not enough arguments following: for'],
    [['launch', 'x', '--workers', 'two'], '--workers: a whole number, at least 1'],
    [['launch', 'x', '--workers', '0'], '--workers: a whole number, at least 1'],
    [['best', 'x', '--top', '-1'], '--top: a whole number, at least 1'],
  ])('refuses %j', async (argv, message) => {
    const { code, out, err } = await galapagos(argv);
    expect(err).toContain(`galapagos: ${message}`);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('speaks English whatever the locale, since it reads what yargs says', async () => {
    const before = process.env['LC_ALL'];
    process.env['LC_ALL'] = 'de_DE.UTF-8';
    try {
      expect((await galapagos(['status'])).err).toContain('an argument is missing');
    } finally {
      if (before === undefined) delete process.env['LC_ALL'];
      else process.env['LC_ALL'] = before;
    }
  });

  it('prints help and version as data, within the width of the terminal', async () => {
    const help = await galapagos(['--help'], { columns: 60 });
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(Math.max(...help.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    for (const verb of ['quickstart', 'init', 'launch', 'worker', 'status', 'best', 'show', 'stop', 'fsck']) {
      expect(help.out).toContain(`galapagos ${verb}`);
    }
    expect(await galapagos(['--version'])).toMatchObject({ code: 0, out: '0.1.0', err: '' });
  });

  it('says how to make an experiment where there is none', async () => {
    const { code, err } = await galapagos(['status', `${root}/none`]);
    expect(code).toBe(3);
    expect(err).toContain(`no experiment here (there is no experiment.json); make one with galapagos init`);
  });

  it('refuses more workers than half of the population', async () => {
    const { code, err } = await galapagos(['launch', root, '--workers', '5']);
    expect(code).toBe(2);
    expect(err).toContain('--workers 5: at most half of the population of 8');
  });
});

describe('the environment', () => {
  it('names the experiment, wherever the flags stand', async () => {
    for (const argv of [
      ['status', '--json'],
      ['status', '--json', root],
    ]) {
      const { code, out } = await galapagos(argv, here());
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ size: 0, setPoint: 8 });
    }
  });

  it('leaves the other words in their places', async () => {
    expect((await galapagos(['show', 'w1-1'], here())).err).toContain(`${root}: there is no individual w1-1`);
    expect((await galapagos(['show', '--json', 'best'], here())).err).toContain('nobody has been evaluated');
    const given = await galapagos(['show', root, 'w1-1'], { environment: { GALAPAGOS_DIR: '/nowhere' } });
    expect(given.err).toContain(`${root}: there is no individual w1-1`);
    expect((await galapagos(['show'], here())).err).toContain('an argument is missing');
    expect((await galapagos(['show', root, 'w1-1', 'more'], here())).err).toContain('Unknown argument: more');
  });

  it('gives way to a directory that is given, also to none that is there', async () => {
    expect((await galapagos(['status', '/nowhere'], here())).code).toBe(3);
    expect((await galapagos(['status', root], { environment: { GALAPAGOS_DIR: '' } })).code).toBe(0);
    expect((await galapagos(['status'], { environment: { GALAPAGOS_DIR: '' } })).code).toBe(2);
  });

  it('stands for flags, and is checked as they are', async () => {
    const environment = { GALAPAGOS_WORKERS: '9', GALAPAGOS_SLOT: '3', GALAPAGOS_CACHE: '/nowhere' };
    const many = await galapagos(['launch', root], { environment });
    expect(many.err).toMatch(/--workers 9: at most half.+\n--workers is that of GALAPAGOS_WORKERS$/);
    const given = await galapagos(['launch', root, '--workers=7'], { environment });
    expect(given.err).toContain('--workers 7');
    expect(given.err).not.toContain('GALAPAGOS_WORKERS');
    const wrong = await galapagos(['worker', root], { environment: { GALAPAGOS_BACKEND: 'abacus' } });
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('Given: "abacus"');
    expect(wrong.err).toMatch(/\n--backend is that of GALAPAGOS_BACKEND$/);
    const old = await galapagos(['worker', root], { environment: { GALAPAGOS_BACKEND: 'simd' } });
    expect(old.code).toBe(2);
    expect(old.err).toContain('--backend simd: that is called wasm now');
  });
});
