import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openPopulation } from '../../packages/cli/src/ground.js';
import { lookAtTest } from '../../packages/cli/src/test-look.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { galapagos } from './harness.js';
import { expectSound, start } from './processes.js';

describe('quickstart', () => {
  it('evolves, shows what came of it, and looks at the test images once', async () => {
    const root = `${temporaryDirectory()}/run`;
    const argv = ['quickstart', root, '--for', '15s', '--workers', '2', '--backend', 'wasm', '--seed', 'q'];
    const { code, stdout, stderr } = await start(argv).finished;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`A new search in ${root}, seed q: 8000 digits to train on, 1000 to select by`);
    expect(stdout).toMatch(/^ {2}# {2}individual .*\n {2}1 {2}w\d+-\d+/m);
    const [, id = ''] = /^The best network: (w\d+-\d+), validation accuracy [\d.]+ %/m.exec(stdout) ?? [];
    expect(stdout).toContain('● 14×14×1 image');
    expect(stdout).toMatch(
      /^ {2}individual +fitness +gain +mutation\n {2}w\d+-\d+ .* first kind: no convolution$/m,
    );
    expect(stdout).toMatch(/^On 1000 test images, which the search has never seen: [\d.]+ %\.$/m);
    expect(stdout).toContain(`npx galapagos show ${root} best`);
    expect(stdout).toContain(`npx galapagos quickstart ${root}`);
    expect(readdirSync(`${root}/tests`)).toEqual([`${id}.json`]);
    await expectSound(root);

    // What was seen is what is said ever after.
    const file = `${root}/tests/${id}.json`;
    const look = JSON.parse(readFileSync(file, 'utf8')) as { accuracy: number };
    expect(stdout).toContain(`never seen: ${(100 * look.accuracy).toFixed(1)} %`);
    writeFileSync(file, JSON.stringify({ ...look, accuracy: 0.125 }));
    expect(await lookAtTest(await openPopulation(root), id, 'wasm')).toEqual({ ...look, accuracy: 0.125 });

    const other = await galapagos(['quickstart', root, '--seed', 'r']);
    expect(other).toMatchObject({ code: 2, out: '' });
    expect(other.err).toContain('a search with seed q is there; another seed needs another directory');
  });
});
