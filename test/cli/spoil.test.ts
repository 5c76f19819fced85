import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flagsOf, galapagos } from './harness.js';
import { populate } from './population.js';

describe('what would spoil something', () => {
  it('init takes no directory with the remains of a search, and none within an experiment', async () => {
    const { root } = await populate();
    const within = await galapagos(['init', `${root}/alive/sub`, ...flagsOf()]);
    expect(within).toMatchObject({
      code: 2,
      err: expect.stringContaining('lies in the directory of another') as string,
    });
    rmSync(`${root}/experiment.json`);
    const over = await galapagos(['init', root, ...flagsOf()]);
    expect(over).toMatchObject({
      code: 2,
      err: expect.stringContaining('whose experiment.json is gone') as string,
    });
  });

  it('quickstart goes on with no other search, and so does not look at its test images', async () => {
    const { root } = await populate();
    const { code, err } = await galapagos(['quickstart', root]);
    expect(code).toBe(2);
    expect(err).toContain('another search is there');
  });

  it('a picture replaces nothing but a picture', async () => {
    const { root, best } = await populate();
    const file = `${temporaryDirectory()}/file`;
    writeFileSync(file, 'a thesis');
    const { code, err } = await galapagos(['draw', root, best.id, '--svg', file]);
    expect({ code, err }).toEqual({
      code: 2,
      err: `galapagos: --svg ${file}: is there already, and is something else; it is not replaced`,
    });
    expect(readFileSync(file, 'utf8')).toBe('a thesis');
    expect((await galapagos(['draw', root, best.id, '--svg', `${file}.svg`])).code).toBe(0);
    expect((await galapagos(['draw', root, best.id, '--svg', `${file}.svg`])).code).toBe(0);
  });

  it('set takes no bound away for want of a value', async () => {
    const { root } = await populate();
    const { code, err } = await galapagos(['set', root, 'bounds.individuals=']);
    expect({ code, err }).toEqual({
      code: 2,
      err: 'galapagos: set: bounds.individuals=: its value is missing; bounds.individuals=null takes the bound away',
    });
  });

  it('an empty directory is a variable that is not set', async () => {
    expect(await galapagos(['status', ''])).toMatchObject({
      code: 2,
      err: expect.stringContaining('is a variable not set?') as string,
    });
  });

  it('ls knows whose children are asked for', async () => {
    const { root, best } = await populate();
    expect((await galapagos(['ls', root, '--parent', 'w9-99'])).err).toContain(
      'there is no individual w9-99',
    );
    const ofBest = await galapagos(['ls', root, '--parent', 'best', '--json']);
    expect(JSON.parse(ofBest.out)).toMatchObject([{ parent: best.id }, { parent: best.id }]);
  });
});
