import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { temporaryDirectory } from './temporary-directory.js';

/** As `nvidia-smi -L` lists two GPUs, and one that is divided. */
export const LISTS = {
  two: [
    'GPU 0: NVIDIA H200 (UUID: GPU-5c8f0a12-0000-4000-8000-00000000000a)',
    'GPU 1: NVIDIA H200 (UUID: GPU-77aa0b34-0000-4000-8000-00000000000b)',
  ],
  divided: [
    'GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-5c8f0a12-0000-4000-8000-00000000000a)',
    '  MIG 3g.40gb     Device  0: (UUID: MIG-1f2e0000-0000-5000-8000-000000000001)',
    '  MIG 1g.10gb     Device  1: (UUID: MIG-2f3e0000-0000-5000-8000-000000000002)',
    'GPU 1: NVIDIA A100-SXM4-80GB (UUID: GPU-77aa0b34-0000-4000-8000-00000000000b)',
  ],
} as const;

/** The environment of a machine whose driver says so; a program `nvidia-smi` that says it comes first in its path. */
export function machineWith(lines: readonly string[], exitCode = 0): NodeJS.ProcessEnv {
  const directory = `${temporaryDirectory()}/bin`;
  mkdirSync(directory);
  const program = `${directory}/nvidia-smi`;
  writeFileSync(program, `#!/bin/sh\ncat <<'END'\n${lines.join('\n')}\nEND\nexit ${exitCode}\n`);
  chmodSync(program, 0o755);
  return {
    ...process.env,
    CUDA_VISIBLE_DEVICES: undefined,
    PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}`,
  };
}
