import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../support/source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

let there: string;
let bundle: string;

/** Neither a network, where that can be had, nor Node nor anything of ours but the bundle. */
function run(command: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const home = join(there, 'home');
  mkdirSync(home, { recursive: true });
  const cut = spawnSync('unshare', ['--net', 'true']).status === 0 ? ['unshare', '--net'] : ['env'];
  const [program = '', ...words] = [...cut, command, ...args];
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: there,
    encoding: 'utf8',
    env: { HOME: home, PATH: '/usr/bin:/bin:/usr/sbin:/sbin', TMPDIR: there },
  });
  return { status, out: stdout, err: stderr };
}

/** Packs it, and unpacks it there. */
function pack(): void {
  there = temporaryDirectory();
  const made = spawnSync(
    process.execPath,
    [join(repository, 'scripts/bundle.mjs'), '--node', '--into', there],
    {
      encoding: 'utf8',
    },
  );
  expect(made.status, made.stderr).toBe(0);
  const [archive = '', ...others] = readdirSync(there);
  expect(others).toEqual([]);
  expect(archive).toBe(`galapagos-0.1.0-${process.platform}-${process.arch}.tar.gz`);
  expect(spawnSync('tar', ['-xzf', join(there, archive), '-C', there]).status).toBe(0);
  bundle = join(there, archive.replace('.tar.gz', ''));
}

it('works where it was unpacked, without a network and with the Node that it brings; is of one platform, and not packed again', () => {
  pack();
  const galapagos = (...args: string[]) => run(join(bundle, 'bin/galapagos'), ...args);
  expect(galapagos('init', 'a', '--preset', 'quickstart', '--set', 'bounds.individuals=3')).toMatchObject({
    status: 0,
    err: expect.stringContaining('Next: galapagos launch a') as string,
  });
  expect(galapagos('launch', 'a', '--workers', '1')).toMatchObject({
    status: 0,
    err: expect.stringContaining('the budget is spent, 3 of 3 individuals') as string,
  });
  expect(galapagos('best', 'a').out).toContain('The best network');
  expect(galapagos('fsck', 'a')).toMatchObject({ status: 0 });
  const node = join(bundle, 'node/bin/node');
  expect(run(node, join(bundle, 'scripts/tfjs-node.mjs'), '--help').out).toContain('Usage: ');
  expect(readdirSync(join(bundle, 'node_modules'))).not.toContain('vitest');
  const script = join(bundle, 'scripts/bundle.mjs');
  expect(run(node, script)).toMatchObject({
    status: 2,
    err: expect.stringContaining('copy the archive instead') as string,
  });
  const file = join(bundle, 'bundle.json');
  const made = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...made, platform: 'plan9' }));
  expect(run(node, join(bundle, 'scripts/tfjs-node.mjs'))).toMatchObject({
    status: 1,
    err: expect.stringContaining('This was packed for plan9') as string,
  });
  writeFileSync(file, JSON.stringify(made));
});

it('refuses options that there are not', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(repository, 'scripts/bundle.mjs'), '--wheel'],
    {
      encoding: 'utf8',
    },
  );
  expect(status).toBe(2);
  expect(stderr).toContain('Usage: node scripts/bundle.mjs');
});
