// Other Nodes than the one that runs: npm has their binaries as packages.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './native.mjs';

const cache = join(root, '..', '..', 'node_modules', '.cache', 'galapagos-node');

/** Thrown where it cannot be fetched. */
export class NoNode extends Error {}

/** Path of a Node of that version, for this platform and `arch`; fetched once. */
export function nodeBinary(version, arch = process.arch) {
  if (version === process.versions.node && arch === process.arch) return process.execPath;
  const name = `node-${process.platform}-${arch}`;
  const folder = join(cache, `${name}-${version}`);
  const binary = join(folder, 'package', 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, '.fetching-'));
  try {
    const run = (file, ...args) => execFileSync(file, args, { cwd: work, stdio: 'pipe', encoding: 'utf8' });
    // Not `install`, which refuses what is made for another processor.
    run('npm', 'pack', '--silent', `${name}@${version}`);
    run(
      'tar',
      '-xzf',
      readdirSync(work).find((file) => file.endsWith('.tgz')),
    );
    renameSync(work, folder);
  } catch (error) {
    throw new NoNode(`Node ${version} for ${arch} cannot be fetched: ${error.stderr || error.message}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return binary;
}
