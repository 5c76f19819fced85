import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../setup.mjs';
import { run } from './run.mjs';
import { architecture } from './wheel.mjs';

/** glibc of the platforms that TensorFlow's wheels have been made for. */
const GLIBC = ['2014', '_2_17', '_2_27', '_2_28'];
/** Any Python will do, as nothing of it is used; but pip looks for one. */
const PYTHON = '3.11';

/** Downloads a wheel by pip. @returns Its path. */
export async function fetchWheel(scratch, { version, gpu }, step) {
  // On arm64 there is one kind of wheel only.
  const name = gpu === true || architecture() === 'aarch64' ? 'tensorflow' : 'tensorflow-cpu';
  const wanted = version === undefined ? name : `${name}==${version}`;
  const folder = join(scratch, 'wheel');
  mkdirSync(folder);
  step(`pip downloads ${wanted}, some hundred megabytes`);
  const platforms = GLIBC.flatMap((glibc) => ['--platform', `manylinux${glibc}_${architecture()}`]);
  const { code, output } = await run('python3', [
    ...[
      '-m',
      'pip',
      'download',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--only-binary=:all:',
    ],
    ...['--implementation', 'cp', '--python-version', PYTHON, ...platforms, '--dest', folder, wanted],
  ]);
  const file = readdirSync(folder).find((found) => found.endsWith('.whl'));
  if (code === 0 && file !== undefined) return join(folder, file);
  throw new SetupError(
    `pip could not download ${wanted}:\n${indented(output)}\n` +
      `Fetch a wheel of ${name} for manylinux and ${architecture()} where you can (any Python), and give it with --wheel.`,
  );
}

/** Downloads the package from npm, without its install script. @returns The path of its tarball. */
export async function fetchPackage(scratch, name, step) {
  step(`npm downloads ${name}`);
  const { code, output, stdout } = await run(
    'npm',
    ['pack', '--silent', '--pack-destination', scratch, name],
    {
      cwd: scratch,
    },
  );
  const file = stdout.trim().split('\n').at(-1) ?? '';
  if (code === 0 && file.endsWith('.tgz')) return join(scratch, file);
  throw new SetupError(
    `npm could not download ${name}:\n${indented(output)}\n` +
      `Where there is a connection run \`npm pack ${name}\`, and give the tarball with --package.`,
  );
}

export function indented(text) {
  return text.trimEnd().replaceAll(/^/gm, '  ');
}
