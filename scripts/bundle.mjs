// Packs what a machine needs to work that reaches no registry: one archive, to be unpacked anywhere and run as it is.
//
//   node scripts/bundle.mjs             galapagos-0.1.0-linux-x64.tar.gz
//   node scripts/bundle.mjs --node      with the Node of this machine in it
//
// Made for the platform that it is made on. Plain Node; `tar` packs it.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BUNDLE, SetupError, main, root, setup } from './setup.mjs';

const USAGE = `Usage: node scripts/bundle.mjs [--node] [--into DIR]

Packs Galapagos, built, with what it depends on, for machines of this platform that reach no registry.

  --node        with the Node that runs this, for machines that have none
  --into DIR    where the archive goes; without it here
`;

/** Of the repository, beside the packages and what they depend on. */
const FILES = [
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'docs',
  'deploy',
  'examples',
  'scripts',
];
/** What is no use without the tools of the repository. */
const LEFT_OUT = /^(src|tsconfig\.json|node_modules|.*\.tsbuildinfo)$/;

const START = `#!/bin/sh
# Galapagos, as it was packed.
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
node=$here/node/bin/node
[ -x "$node" ] || node=node
export GALAPAGOS_PROGRAM=galapagos
exec "$node" "$here/packages/cli/bin/galapagos.js" "$@"
`;

await main(async () => {
  const { values } = optionsOf(process.argv.slice(2));
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (existsSync(join(root, BUNDLE)))
    throw new SetupError('This is such an archive, unpacked: copy the archive instead.', 2);
  await setup();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const name = `galapagos-${version}-${process.platform}-${process.arch}`;
  const archive = resolve(values.into ?? '.', `${name}.tar.gz`);
  mkdirSync(dirname(archive), { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'galapagos-bundle-'));
  try {
    const tree = join(scratch, name);
    const installed = gather(tree, values.node === true);
    tryOut(tree);
    say(`Packing ${installed} packages …`);
    // Aside first, so that half of it never has its name.
    run('tar', ['-czf', `${archive}.part`, '-C', scratch, name]);
    run('mv', [`${archive}.part`, archive]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    rmSync(`${archive}.part`, { force: true });
  }
  const { size } = statSync(archive);
  say(
    `${archive}: ${(size / 1e6).toFixed(0)} MB. There: tar -xzf ${basename(archive)} && ${name}/bin/galapagos doctor`,
  );
  return 0;
});

function optionsOf(args) {
  try {
    return parseArgs({
      args,
      options: {
        node: { type: 'boolean' },
        into: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new SetupError(`${error.message}\n\n${USAGE}`, 2);
  }
}

/** Copies everything to its place. @returns How many packages of others. */
function gather(tree, withNode) {
  mkdirSync(join(tree, 'bin'), { recursive: true });
  for (const file of FILES) cpSync(join(root, file), join(tree, file), { recursive: true });
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const folder of workspaces) {
    cpSync(join(root, folder), join(tree, folder), {
      recursive: true,
      filter: (source) =>
        source === join(root, folder) || !LEFT_OUT.test(basename(source)) || !isTop(source, folder),
    });
    link(tree, folder);
  }
  const others = production();
  for (const path of others) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    cpSync(join(root, path), join(tree, path), { recursive: true, verbatimSymlinks: true });
  }
  writeFileSync(join(tree, 'bin', 'galapagos'), START);
  chmodSync(join(tree, 'bin', 'galapagos'), 0o755);
  if (withNode) {
    mkdirSync(join(tree, 'node', 'bin'), { recursive: true });
    cpSync(process.execPath, join(tree, 'node', 'bin', 'node'));
  }
  const made = { platform: process.platform, arch: process.arch, node: process.versions.node };
  writeFileSync(join(tree, BUNDLE), `${JSON.stringify(made, null, 2)}\n`);
  return others.length;
}

function isTop(source, folder) {
  return dirname(source) === join(root, folder);
}

/** As npm links the packages of a workspace. */
function link(tree, folder) {
  const { name } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const place = join(tree, 'node_modules', name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join('..', '..', folder), place);
}

/** What is installed here and not for development alone. */
function production() {
  const { packages } = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(
      ([path, { dev, link: isLink }]) => path.startsWith('node_modules/') && dev !== true && isLink !== true,
    )
    .map(([path]) => path)
    .filter((path) => existsSync(join(root, path)));
}

/** It runs, from where it lies now, before anybody carries it anywhere. */
function tryOut(tree) {
  run(join(tree, 'bin', 'galapagos'), ['--version']);
}

function run(command, args) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new SetupError(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
