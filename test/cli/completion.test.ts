import { execFileSync } from 'node:child_process';
import { beforeEach, describe, expect, it } from 'vitest';
import { allCommands } from '@galapagos/cli';
import { commandsFor } from '../../packages/cli/src/commands.js';
import { galapagos, type SayOptions } from './harness.js';
import { type Cast, populate } from './population.js';

const commands = await allCommands();

let cast: Cast;
beforeEach(async () => {
  cast = await populate();
});

async function suggested(words: readonly string[], options?: SayOptions): Promise<string[]> {
  const { code, out, err } = await galapagos(['--complete', ...words], options);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out === '' ? [] : out.split('\n');
}

describe('completion', () => {
  it('knows the verbs', async () => {
    const first = new Set(commands.map(({ name }) => name.split(' ')[0]));
    expect(await suggested([''])).toEqual([...first, '--help', '--version']);
    expect(await suggested(['sto'])).toEqual(['stop']);
  });

  it('knows options that are not there yet, and the choices of one', async () => {
    expect(await suggested(['launch', 'runs/a', '--'])).toEqual([
      '--workers',
      '--for',
      '--backend',
      '--trainer',
      '--gpus',
      '--workers-per-gpu',
      '--log',
      '--log-size',
      '--dry-run',
      '--slurm',
      '--detach',
      '--time',
      '--partition',
      '--account',
      '--gres',
      '--constraint',
      '--mem',
      '--sbatch',
      '--setup',
      '--kubernetes',
      '--image',
      '--claim',
      '--mount',
      '--storage',
      '--storage-class',
      '--config',
      '--name',
      '--namespace',
      '--resource',
      '--node-selector',
      '--runtime-class',
      '--image-pull-secret',
      '--user',
      '--help',
    ]);
    expect(await suggested(['launch', 'runs/a', '--for', '1h', '--f'])).toEqual([]);
    expect(await suggested(['init', 'runs/a', '--set', 'a=1', '--se'])).toEqual(['--seed', '--set']);
    const choices = ['wasm'];
    expect(await suggested(['worker', 'runs/a', '--backend', 'w'])).toEqual(choices);
    expect(await suggested(['worker', 'runs/a', '--backend=w'])).toEqual(choices);
    expect(await suggested(['worker', 'runs/a', '--backend', '=', 'w'])).toEqual(choices);
    expect(await suggested(['worker', 'runs/a', '--backend', '='])).toContain('wasm');
    expect(await suggested(['completion', ''])).toEqual(['bash', 'zsh', 'fish']);
  });

  it('leaves file names to the shell', async () => {
    expect(await suggested(['status', ''])).toEqual([]);
    expect(await suggested(['init', 'runs/a', '--config', ''])).toEqual([]);
    expect(await suggested(['status', 'runs/a', ''])).toEqual([]);
    expect(await suggested(['nothing', 'runs/a', ''])).toEqual([]);
  });

  it('knows the individuals of an experiment, the fittest first', async () => {
    const { root, best, first, inTraining, dead } = cast;
    const ids = await suggested(['show', root, '']);
    expect(ids.slice(0, 2)).toEqual(['best', best.id]);
    for (const id of [first.id, inTraining.id, dead]) expect(ids).toContain(id);
    expect(await suggested(['show', '--json', root, 'b'])).toEqual(['best']);
    expect(await suggested(['show', ''], { environment: { GALAPAGOS_DIR: root } })).toContain(best.id);
    expect(await suggested(['show', `${root}/none`, ''])).toEqual([]);
  });
});

describe('in a shell', () => {
  /** What bash offers at the end of such words, once it has read the script. */
  async function offered(words: readonly string[]): Promise<string[]> {
    const { out: script } = await galapagos(['completion', 'bash']);
    const ask = `${script}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _galapagos; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p galapagos`;
    const lines = execFileSync('bash', ['-c', ask, 'bash', 'galapagos', ...words], { encoding: 'utf8' });
    const [registered, ...found] = lines.trimEnd().split('\n').reverse();
    expect(registered).toBe('complete -o bashdefault -o default -F _galapagos galapagos');
    return found.reverse();
  }

  it('bash completes verbs and individuals', async () => {
    expect(await offered(['la'])).toEqual(['launch']);
    expect(await offered(['show', cast.root, 'be'])).toEqual(['best']);
  });

  it.each(['bash', 'zsh', 'fish'])('%s has a script that calls this very program', async (shell) => {
    const { code, out } = await galapagos(['completion', shell]);
    expect(code).toBe(0);
    expect(out).toContain(`${process.execPath} `);
    expect(out).toContain('/packages/cli/bin/galapagos.js --complete');
  });

  it('is refused for another', async () => {
    expect((await galapagos(['completion', 'tcsh'])).code).toBe(2);
    const { out } = await galapagos(['completion'], { environment: { GALAPAGOS_DIR: cast.root } });
    expect(out).toContain('complete -o bashdefault');
  });
});

describe('every verb', () => {
  it.each(commands)('$name is found by its name', async ({ name }) => {
    expect(await commandsFor([...name.split(' '), 'runs/a'])).toEqual([
      expect.objectContaining({ name }) as unknown,
    ]);
  });

  it.each(commands.map(({ name, examples }) => ({ name, examples })))(
    '$name shows how it is used',
    ({ name, examples }) => {
      expect(examples.length).toBeGreaterThan(0);
      for (const [example] of examples) expect(`${example} `).toMatch(new RegExp(`^${name} `));
    },
  );
});
