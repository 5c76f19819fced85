import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startProcess } from '../support/processes.js';
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
