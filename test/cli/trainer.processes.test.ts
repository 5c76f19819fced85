import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../support/source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flagsOf, galapagos } from './harness.js';
import { expectSound, start } from './processes.js';

const fixture = `${process.execPath} ${join(repository, 'test/trainer/fixtures/command.mjs')}`;

async function makeSearch(settings: Record<string, string>): Promise<string> {
  const root = `${temporaryDirectory()}/run`;
  const { code, err } = await galapagos([
    'init',
    root,
    ...flagsOf({ 'bounds.individuals': '4', ...settings }),
  ]);
  expect(code, err).toBe(0);
  return root;
}

async function everyone(root: string): Promise<{ id: string; fitness: number | null }[]> {
  return JSON.parse((await galapagos(['ls', root, '--json'])).out) as {
    id: string;
    fitness: number | null;
  }[];
}

test('an experiment whose individuals a program of one’s own trains', async () => {
  const root = await makeSearch({ 'evaluation.command': `"${fixture} good"` });
  const { code, stderr } = await start(['launch', root, '--workers', '2']).finished;
  expect(code, stderr).toBe(0);
  expect((await everyone(root)).map(({ fitness }) => fitness)).toEqual([0.75, 0.75, 0.75, 0.75]);
  await expectSound(root);
  const shown = await galapagos(['show', root, 'best']);
  expect(shown.out).toContain('a fixture');
  // It alone could repeat what it has done.
  expect(await start(['rerun', root, 'best']).finished).toMatchObject({
    code: 1,
    stderr: /trained by a program of yours/,
  });
});

test('a program that the experiment names is not carried out where others may have written that', async () => {
  const root = await makeSearch({ 'evaluation.command': `"${fixture} good"` });
  expect(statSync(`${root}/experiment.json`).mode & 0o777).toBe(0o644);
  chmodSync(`${root}/experiment.json`, 0o664);
  const refused = await start(['worker', root]).finished;
  expect(refused).toMatchObject({
    code: 2,
    stderr: /another user wrote it, or may have.*--trainer built-in/s,
  });
  expect(await start(['worker', root, '--trainer', 'built-in', '--backend', 'wasm']).finished).toMatchObject({
    code: 0,
  });
  expect(new Set((await everyone(root)).map(({ fitness }) => fitness))).not.toContain(0.75);
});

test('a program for one launch; what it can train nowhere ends the worker, and the individual is given back', async () => {
  const root = await makeSearch({});
  const trainer = (behaviour: string) => ['--trainer', `${fixture} ${behaviour}`];
  expect(await start(['worker', root, ...trainer('helpless')]).finished).toMatchObject({
    code: 6,
    stderr: /it can train nothing here \(6\)/,
  });
  expect(await start(['worker', root, '--trainer', 'no-such-program']).finished).toMatchObject({ code: 2 });
  const { code, stderr } = await start(['launch', root, '--workers', '1', ...trainer('good')]).finished;
  expect(code, stderr).toBe(0);
  expect((await everyone(root)).map(({ fitness }) => fitness)).toEqual([0.75, 0.75, 0.75, 0.75]);
  await expectSound(root);
});
