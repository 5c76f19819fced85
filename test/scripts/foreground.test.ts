import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, runNode, startProcess } from '../support/processes.js';

const fixture = join(import.meta.dirname, 'fixtures', 'foreground.mjs');

test.each(['SIGINT', 'SIGTERM'] as const)(
  'passes %s on once and stays until the script has ended, with its exit code',
  async (signal) => {
    const wrapper = startProcess(process.execPath, [fixture, 'wrapper']);
    await eventually(() => wrapper.output().stdout.includes('ready'));
    // As npm does: it passes on what its process group may have got anyway.
    wrapper.child.kill(signal);
    await eventually(() => wrapper.output().stdout.includes(signal));
    wrapper.child.kill(signal);
    const outcome = await wrapper.finished;
    expect(outcome).toEqual({ code: 7, signal: null, stdout: `ready\n${signal}\n`, stderr: '' });
  },
);

test('ends as a shell would, where a signal ended the script', async () => {
  expect(await runNode([fixture, 'wrapper', 'killed'])).toMatchObject({ code: 137 });
});
