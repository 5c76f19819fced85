import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startProcess } from '../support/processes.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(`${root}/packages/backend-simd/README.md`, 'utf8');

it('its examples, one after the other, are a program that trains a network', async () => {
  const blocks = [...readme.matchAll(/^```js\n(.+?)^```$/gms)].map(([, code]) => code);
  expect(blocks).toHaveLength(2);
  const program = ['--input-type=module', '--eval', blocks.join('\n')];
  const { code, stdout, stderr } = await startProcess(process.execPath, program, { cwd: root }).finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^0 [\d.]+\n50 [\d.]+\n100 [\d.]+\n150 [\d.]+\n16 of 16 \[/);
});
