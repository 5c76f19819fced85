import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { repository } from '../support/source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const platform = `${process.platform}-${process.arch}`;
const source = join(repository, 'packages', 'backend-simd');

describe('the installation of the native kernels', () => {
  let root: string;
  let addon: string;
  const report = () => JSON.parse(readFileSync(join(dirname(addon), 'build.json'), 'utf8')) as object;

  beforeEach(() => {
    // Not in memory: what lies there may not be run everywhere.
    root = join(mkdtempSync(join(tmpdir(), 'galapagos-test-')), 'backend-simd');
    for (const name of ['kernels', 'native', 'scripts', 'package.json']) {
      cpSync(join(source, name), join(root, name), { recursive: true });
    }
    symlinkSync(join(repository, 'node_modules'), join(dirname(root), 'node_modules'));
    addon = join(root, 'build', platform, 'simd.node');
  });

  afterEach(() => {
    rmSync(dirname(root), { recursive: true });
  });

  function install(CC: string, ...flags: string[]) {
    const script = join(root, 'scripts', 'build-native.mjs');
    const options = { encoding: 'utf8', env: { ...process.env, CC } } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...flags], options);
    return { status, stdout, stderr };
  }

  function compiler(script: string): string {
    const path = join(root, 'cc');
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  }

  it('without a compiler says so in one line, leaves the reason, and does not fail', () => {
    const failure = 'there is no C compiler: nowhere/cc ($CC) does not run';
    const stderr = `no native kernels, WebAssembly is used instead: ${failure}\n`;
    expect(install('nowhere/cc', '--optional')).toEqual({ status: 0, stdout: '', stderr });
    expect(report()).toEqual({ failure });
    expect(install('nowhere/cc')).toEqual({ status: 77, stdout: '', stderr });
  });

  it('with a compiler that fails gives its first error, and removes what came from other sources', () => {
    mkdirSync(dirname(addon), { recursive: true });
    writeFileSync(addon, 'old');
    const cc = compiler(
      '[ "$1" = --version ] && exit\necho "In file included:" >&2\necho "k.c:1: error: no" >&2\nexit 1',
    );
    const { status, stderr } = install(cc, '--optional');
    expect([status, stderr]).toEqual([
      0,
      `no native kernels, WebAssembly is used instead: ${cc} fails: k.c:1: error: no\n`,
    ]);
    expect(existsSync(addon)).toBe(false);
    expect(install(cc)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('In file included') as string,
    });
  });

  it('where nothing can be written still does not fail', () => {
    writeFileSync(join(root, 'build'), '');
    const cc = compiler('exit 0');
    expect(install(cc, '--optional').status).toBe(0);
  });

  it('with what is there already does nothing, and needs no compiler', (context) => {
    if (!existsSync(join(source, 'build', platform, 'simd.node'))) context.skip('nothing was built here');
    cpSync(join(source, 'build', platform), dirname(addon), { recursive: true });
    expect(install('nowhere/cc')).toMatchObject({ status: 0, stdout: 'the native kernels are up to date\n' });
    writeFileSync(join(root, 'kernels', 'new.h'), '');
    expect(install('nowhere/cc').status).toBe(77);
    expect(existsSync(addon)).toBe(false);
  });

  it('leaves what does not load here, and may on other hosts of the directory', (context) => {
    if (!existsSync(join(source, 'build', platform, 'simd.node'))) context.skip('nothing was built here');
    cpSync(join(source, 'build', platform), dirname(addon), { recursive: true });
    writeFileSync(addon, 'for a newer C library');
    const before = report();
    expect(install('nowhere/cc').status).toBe(77);
    expect(install(compiler('[ "$1" = --version ]'), '--optional').status).toBe(0);
    expect([readFileSync(addon, 'utf8'), report()]).toEqual(['for a newer C library', before]);
  });
});

describe('the native engine that was asked for', () => {
  beforeEach(() => {
    vi.resetModules();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  async function look() {
    const { nativeEngine } = await import('../../packages/backend-simd/src/native-engine.js');
    return nativeEngine();
  }

  it('with an instruction set that is not there is refused, with those that are', async (context) => {
    if (!(await look()).available) context.skip('there is no native engine');
    vi.resetModules();
    vi.stubEnv('GALAPAGOS_ISA', 'sse9');
    const reason = expect.stringMatching(
      /GALAPAGOS_ISA asks for sse9: here there are .*(baseline|neon)/,
    ) as string;
    expect(await look()).toEqual({ available: false, reason });
  });

  it('from a file that is not there, or is none, is refused', async () => {
    vi.stubEnv('GALAPAGOS_ADDON', '/nowhere/simd.node');
    expect(await look()).toEqual({
      available: false,
      reason: 'there is no /nowhere/simd.node (GALAPAGOS_ADDON)',
    });
    vi.resetModules();
    const file = join(temporaryDirectory(), 'simd.node');
    writeFileSync(file, 'not an addon');
    vi.stubEnv('GALAPAGOS_ADDON', file);
    expect(await look()).toEqual({ available: false, reason: expect.stringContaining(file) as string });
  });
});
