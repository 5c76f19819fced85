import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { galapagos } from './harness.js';
import { populate } from './population.js';

const NAME = '\u001b[2Jgpu\u009b31m\u202e';
const SHOWN = '\\u001b[2Jgpu\\u009b31m\\u202e';

/** A population whose worker has a host of such a name, and whose best one a mutation of such words. */
async function hostilePopulation() {
  const cast = await populate();
  const worker = `${cast.root}/workers/${cast.me.name}/worker.json`;
  const document = JSON.parse(readFileSync(worker, 'utf8')) as object;
  writeFileSync(worker, JSON.stringify({ ...document, host: NAME }));
  const birth = `${cast.root}/alive/0.750000~${cast.best.id}~1/birth.json`;
  const born = JSON.parse(readFileSync(birth, 'utf8')) as object;
  const mutations = [{ mutation: 'IDENTITY', outcome: 'applied', detail: NAME }];
  writeFileSync(birth, JSON.stringify({ ...born, mutations }));
  return cast;
}

describe('what a terminal would obey', () => {
  it('is shown as text', async () => {
    const { root, best } = await hostilePopulation();
    const { out } = await galapagos(['show', root, best.id]);
    expect(out).toContain(SHOWN);
    expect(out).not.toContain('\u001b');
    expect(out).not.toContain('\u009b');
  });

  it('is the same value in JSON', async () => {
    const { root, best } = await hostilePopulation();
    const { out } = await galapagos(['show', root, best.id, '--json']);
    expect(out).not.toContain('\u009b');
    expect(out).not.toContain('\u202e');
    expect(JSON.parse(out)).toMatchObject({ birth: { mutations: [{ detail: NAME }] } });
  });

  it('does not come into a picture, nor into a file', async () => {
    const { root, best } = await hostilePopulation();
    const file = `${temporaryDirectory()}/line.svg`;
    expect((await galapagos(['lineage', root, best.id, '--svg', file])).code).toBe(0);
    // eslint-disable-next-line no-control-regex -- Controls are what it is about.
    expect(readFileSync(file, 'utf8')).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
  });
});

describe('a configuration that is none', () => {
  it.each(['/dev/zero', 'a file of a megabyte'])('is not read to its end: %s', async (name) => {
    const folder = temporaryDirectory();
    const file = name.startsWith('/') ? name : `${folder}/search.yaml`;
    if (file !== name) writeFileSync(file, `search: [${'0,'.repeat(500_000)}]`);
    expect(await galapagos(['init', `${folder}/run`, '--config', file])).toEqual({
      code: 2,
      out: '',
      err: `galapagos: ${file}: more than 100000 bytes: no configuration is so long; is it another file?`,
    });
  });
});
