import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { z } from 'zod';
import { coreQuota, memoryLimit } from './machine.js';

export const machineShape = z.strictObject({
  node: z.strictObject({ version: z.string(), platform: z.string(), architecture: z.string() }),
  processor: z.strictObject({
    model: z.string(),
    cores: z.int().describe('Of the machine, hyper-threads counted.'),
    availableCores: z.int().describe('That this process may run on.'),
    coreQuota: z
      .number()
      .nullable()
      .describe('Cores’ worth of time that its container may use; null: no limit.'),
    instructions: z
      .array(z.string())
      .describe('Vector instructions that our kernels and TensorFlow can use.'),
  }),
  memory: z.strictObject({
    bytes: z.number(),
    freeBytes: z.number(),
    limitBytes: z.number().nullable().describe('What its container or job may use; null: no limit.'),
  }),
});
export type MachineFacts = z.infer<typeof machineShape>;

/** Of hundreds of flags those that matter to arithmetic on float32. */
const VECTORS = ['avx', 'avx2', 'fma', 'avx512f', 'avx512_bf16', 'amx_tile', 'asimd', 'sve'];

export function examineMachine(): MachineFacts {
  const all = cpus();
  return {
    node: { version: process.version, platform: process.platform, architecture: process.arch },
    processor: {
      // Where the system names none, as on arm64.
      model: all[0]?.model.trim().replaceAll(/\s+/g, ' ') || 'unknown',
      cores: all.length,
      availableCores: availableParallelism(),
      coreQuota: coreQuota() ?? null,
      instructions: VECTORS.filter((vector) => flags().has(vector)),
    },
    memory: { bytes: totalmem(), freeBytes: freemem(), limitBytes: memoryLimit() ?? null },
  };
}

/** What the kernel says that the processor can do; nothing where there is no Linux to ask. */
function flags(): Set<string> {
  try {
    const [, words = ''] =
      /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'latin1')) ?? [];
    return new Set(words.trim().split(' '));
  } catch {
    return new Set();
  }
}
