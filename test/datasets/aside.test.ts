import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runNode } from '../support/processes.js';
import { temporaryDirectory } from './support.js';
import { transpilePackage } from './transpile.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

// As a second Ctrl-C does, or a trainer whose worker is gone.
it('what is not finished goes with a process that ends in the middle', async () => {
  const [directory, place] = [temporaryDirectory(), temporaryDirectory()];
  transpilePackage(directory);
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  const script = `
    const { makeAside } = await import('${directory}/aside.js');
    const { writeFileSync } = await import('node:fs');
    const { folder } = makeAside('${place}/.packing-');
    makeAside('${place}/.packing-').remove();
    writeFileSync(folder + '/half', 'half');
    console.log(folder);
    process.exit(3);`;
  const { code, stdout } = await runNode(['--input-type=module', '--eval', script]);
  expect({ code, stdout }).toEqual({ code: 3, stdout: expect.stringContaining('.packing-') as string });
  expect(readdirSync(place)).toEqual([]);
});
