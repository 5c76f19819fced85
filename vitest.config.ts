import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Packages resolve each other's TypeScript source, so a test needs no build.
const conditions = ['galapagos-source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    // By default one core is left idle, which is half of a machine of two.
    maxWorkers: availableParallelism(),
    setupFiles: ['test/support/setup.ts'],
    // Processes are killed at real instants: a machine that stalls must not fail a change. What fails twice fails.
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
