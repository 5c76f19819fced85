import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Packages resolve each other's TypeScript source, so a test needs no build.
const conditions = ['galapagos-source', 'node', 'import', 'module', 'default'];

const include = ['test/**/*.test.ts'];
// Tests of real processes, of which each takes a second to start: a suite of their own.
const processes = ['test/**/*.processes.test.ts'];
// Tests with a real Slurm, which test/slurm/run.sh starts.
const slurm = ['test/slurm/**/*.test.ts'];
// Tests with PyTorch, which test/pytorch/run.sh looks for.
const pytorch = ['test/pytorch/**/*.test.ts'];
// Tests of what keeps something for a whole process (back ends, tensors), or that put something in a module's place.
const apart = [
  'test/trainer/**',
  'test/backend-simd/**',
  'test/referee/**',
  'test/fuzz/**',
  'test/datasets/stale.test.ts',
];

const globalSetup = 'test/support/native-kernels.ts';

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    exclude: ['test/bench/**'],
    // One more than there are cores: many tests wait for processes.
    maxWorkers: availableParallelism() + 1,
    setupFiles: ['test/support/setup.ts'],
    // Processes are killed at real instants: a machine that stalls must not fail a change. What fails twice fails.
    retry: process.env['CI'] === undefined ? 0 : 1,
    // Far more than any takes: on a machine that is busy with other things a second becomes many.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      // Modules are loaded once for many files: loading them for each takes a third of the whole time.
      {
        extends: true,
        test: {
          name: 'together',
          include,
          exclude: [...apart, ...processes, ...slurm, ...pytorch],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'apart',
          include: apart.map((path) => path.replace('**', '**/*.test.ts')),
          exclude: processes,
          globalSetup,
        },
      },
      { extends: true, test: { name: 'processes', include: processes, globalSetup } },
      { extends: true, test: { name: 'slurm-single', include: ['test/slurm/single.test.ts'] } },
      { extends: true, test: { name: 'pytorch', include: pytorch, testTimeout: 900_000 } },
      {
        extends: true,
        test: { name: 'slurm-hosts', include: ['test/slurm/hosts.test.ts'], testTimeout: 900_000 },
      },
    ],
  },
});
