import { defineConfig } from 'vitest/config';
const conditions = ['galapagos-source', 'node', 'import', 'module', 'default'];
export default defineConfig({ resolve: { conditions }, ssr: { resolve: { conditions } }, test: { include: ['test/**/*.test.ts'], setupFiles: ['test/support/setup.ts','zz-prof-setup.ts'], testTimeout: 120000 } });
