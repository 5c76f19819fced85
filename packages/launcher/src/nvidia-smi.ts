import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Gpu } from './gpus.js';

/** Milliseconds; a driver that is sick may hang for ever. */
const PATIENCE = 20_000;

/** What this machine has, as its driver says. */
export interface Installed {
  readonly gpus: readonly Gpu[];
  /** Why nobody can say; undefined where it was said, or where there is no driver at all. */
  readonly problem: string | undefined;
}

/** Asks `nvidia-smi`, which comes with the driver. */
export async function installedGpus(environment: NodeJS.ProcessEnv = process.env): Promise<Installed> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['-L'], {
      env: environment,
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    return { gpus: parseList(stdout), problem: undefined };
  } catch (error) {
    const { code, stdout, stderr, killed } = error as Failed;
    // A place of PATH that may not be looked into has none either.
    if (code === 'ENOENT' || code === 'EACCES') return { gpus: [], problem: undefined };
    const why =
      killed === true ? `no answer within ${PATIENCE / 1000} s` : firstLine(stderr, stdout, String(error));
    return { gpus: [], problem: `nvidia-smi: ${why}` };
  }
}

interface Failed {
  readonly code?: unknown;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly killed?: boolean;
}

function firstLine(...texts: readonly (string | undefined)[]): string {
  const text = texts.find((one) => one !== undefined && one.trim() !== '') ?? '';
  return text.trim().split('\n')[0] ?? '';
}

/** `GPU 0: NVIDIA H200 (UUID: GPU-…)`; below it, where it is divided, `MIG 1g.18gb Device 0: (UUID: MIG-…)`. */
function parseList(text: string): Gpu[] {
  const gpus: Gpu[] = [];
  for (const line of text.split('\n')) {
    const [, index, name = '', uuid] = /^GPU ([0-9]+): (.*) \(UUID: (GPU-[^)]+)\)/.exec(line) ?? [];
    if (index !== undefined && uuid !== undefined) {
      gpus.push({ index: Number(index), uuid, name });
      continue;
    }
    const [, kind, part] = /^\s+MIG (\S+).*\(UUID: (MIG-[^)]+)\)/.exec(line) ?? [];
    const whole = gpus.at(-1);
    if (kind === undefined || part === undefined || whole === undefined) continue;
    // One that is divided can only be used in parts.
    if (whole.uuid.startsWith('GPU-')) gpus.pop();
    const [model = ''] = whole.name.split(', MIG ');
    gpus.push({ index: whole.index, uuid: part, name: `${model}, MIG ${kind}` });
  }
  return gpus;
}
