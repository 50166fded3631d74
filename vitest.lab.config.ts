// Lab tests: real hosts in network namespaces, real servers. They need root, and run one file after the other because timing is part of them.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.lab.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/.next/**'],
    environment: 'node',
    setupFiles: ['tests/end-leftovers.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
