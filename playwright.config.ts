// Browser tests. `console` and `comparison` drive the pages of a console of their own each; `scenario` drives the whole system in the lab.
import { defineConfig, devices } from '@playwright/test';

// Debian's Chromium as root, in a machine without a graphics card or a way out.
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export default defineConfig({
  testMatch: '**/*.spec.ts', // *.test.ts are Vitest's
  timeout: 60_000,
  expect: { timeout: 15_000 }, // two cores carry console, browser and agents: a page that is right may still be drawn late
  fullyParallel: false,
  workers: 1,
  retries: 0,
  reporter: 'list',
  outputDir: 'test-results',
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args },
  },
  projects: [
    { name: 'console', testDir: 'apps/console/e2e', testMatch: 'console.spec.ts' },
    { name: 'comparison', testDir: 'apps/console/e2e', testMatch: 'comparison.spec.ts' }, // a project has a worker, and so a console, of its own
    { name: 'scenario', testDir: 'tests/scenario', timeout: 180_000 },
  ],
});
