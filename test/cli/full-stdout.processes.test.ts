import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startProcess } from '../support/processes.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { program } from './harness.js';

it.skipIf(!existsSync('/dev/full'))(
  'says in one line that what it prints does not fit, and ends with 5',
  async () => {
    const command = ['-c', '"$0" "$1" --help > /dev/full', process.execPath, program];
    const { code, stderr } = await startProcess('sh', command).finished;
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: 'galapagos: stdout: ENOSPC: no space left on device, write\n',
    });
  },
);

it.skipIf(!existsSync('/dev/full'))('goes on where there is no room for its news', async () => {
  const command = ['-c', '"$0" "$1" init "$2" --preset quickstart 2> /dev/full'];
  const root = `${temporaryDirectory()}/run`;
  const { code } = await startProcess('sh', [...command, process.execPath, program, root]).finished;
  expect(code).toBe(0);
});
