// Unit tests: no privileges, no network namespaces, no browser.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['bin/*.test.ts', 'packages/*/src/**/*.test.ts', 'agents/*/src/**/*.test.ts', 'apps/console/**/*.test.{ts,tsx}', 'scripts/**/*.test.mjs'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/.next/**', '**/*.lab.test.ts', 'apps/console/e2e/**'],
    environment: 'node',
    testTimeout: 20_000,
    maxWorkers: '100%', // Vitest would leave a core to itself, and needs little of it
  },
});
