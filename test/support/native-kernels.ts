import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(
  new URL('../../packages/backend-simd/scripts/build-native.mjs', import.meta.url),
);

/** Before the tests: the native kernels must come from the sources as they are now. Where they cannot be built, wasm is tested. */
export function setup(): void {
  if (process.env['GALAPAGOS_ADDON'] !== undefined) return;
  const { stdout, stderr } = spawnSync(process.execPath, [script, '--optional'], { encoding: 'utf8' });
  if (!stdout.includes('up to date')) process.stderr.write(stdout + stderr);
}
