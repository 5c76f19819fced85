import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from '../support/source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const onLinux = process.platform === 'linux' && process.arch === 'x64';

/** Runs the steps of scripts/tfjs-node.mjs without its set-up, which the tests have behind them. */
function build(options: object, env: NodeJS.ProcessEnv = {}): string {
  const program = `
    import { build } from ${JSON.stringify(join(repository, 'scripts/tfjs-node/build.mjs'))};
    build(process.argv[1], ${JSON.stringify(options)}, () => undefined).then(
      () => console.log('built'),
      (error) => console.log(error.message),
    );`;
  const args = ['--input-type=module', '-e', program, temporaryDirectory()];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  expect(stderr).toBe('');
  return stdout;
}

function wheel(name: string, content = 'no ZIP archive'): string {
  const file = join(temporaryDirectory(), name);
  writeFileSync(file, content);
  return file;
}

/** The package, as far as it is looked at before the wheel is. */
function tfjsNode(version = '4.22.0'): string {
  const folder = join(temporaryDirectory(), 'tfjs-node');
  mkdirSync(join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-node', version }));
  return folder;
}

const fit = 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_17_x86_64.whl';

describe.runIf(onLinux)('what cannot be built', () => {
  test.each([
    ['numpy-2.0.0-cp311-cp311-manylinux_2_17_x86_64.whl', 'is a wheel of numpy, not of TensorFlow'],
    ['tensorflow-2.20.0-cp311-cp311-macosx_12_0_arm64.whl', 'needs one for manylinux and x86_64'],
    ['tensorflow-2.20.0-cp311-cp311-manylinux_2_17_aarch64.whl', 'is made for manylinux_2_17_aarch64'],
    ['tensorflow-2.99.0-cp311-cp311-manylinux_2_99_x86_64.whl', 'needs glibc 2.99; this system has'],
    ['tensorflow.zip', 'is not named as a wheel'],
  ])('%s is refused by its name', (name, message) => {
    expect(build({ wheel: wheel(name) })).toContain(message);
  });

  test('what only has the name of a wheel', () => {
    expect(build({ wheel: wheel(fit), package: tfjsNode() })).toMatch(
      /is not a wheel, or is damaged: .*\. Download/,
    );
    expect(build({ wheel: `/nowhere/${fit}`, package: tfjsNode() })).toContain(
      `There is no /nowhere/${fit}.`,
    );
  });

  test('another package, or another version of it', () => {
    const other = { wheel: wheel(fit), package: tfjsNode('3.0.0') };
    expect(build(other)).toContain('is @tensorflow/tfjs-node 3.0.0, not @tensorflow/tfjs-node 4.22.0');
    expect(build({ ...other, package: '/nowhere.tgz' })).toContain('There is no /nowhere.tgz.');
  });

  test('without a C++ compiler, and it says so before anything is downloaded', () => {
    const bin = temporaryDirectory();
    symlinkSync(process.execPath, join(bin, 'node'));
    expect(build({}, { PATH: bin, CXX: '' })).toContain('There is no C++ compiler: install g++ or clang');
    expect(build({}, { CXX: '/nowhere/c++' })).toContain('CXX names does not run: /nowhere/c++');
  });
});
