// A console of its own for the tests of one file: fresh data, a free port, ended afterwards.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test as base, expect, type Page } from '@playwright/test';
import { problemsOf } from './problems.mjs';

const root = resolve(import.meta.dirname, '../../..');

export class ConsoleProcess {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'parallax-e2e-'));
  url = '';
  setupCode: string | null = null;
  #child: ChildProcess | null = null;

  /** Starts on the port it had before, if it ran before. */
  async start(): Promise<void> {
    const listen = this.url === '' ? '127.0.0.1:0' : new URL(this.url).host;
    const child = spawn(process.execPath, ['bin/parallax', 'console', '--listen', listen, '--data', this.dataDir], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, LOG_LEVEL: 'error' },
    });
    this.#child = child;
    this.url = await new Promise<string>((ready, fail) => {
      child.once('exit', (code) => fail(new Error(`the console ended with ${code}`)));
      createInterface({ input: child.stdout! }).on('line', (line) => {
        this.setupCode = /^setup code: (\S+)$/.exec(line)?.[1] ?? this.setupCode;
        const url = /^ready (\S+)$/.exec(line)?.[1];
        if (url) ready(url);
      });
    });
  }

  /** Ends it as an operator would; returns its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (!child) return null;
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    child.kill('SIGTERM');
    return ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

export const account = { name: 'ada', password: 'correct horse battery' };

/** The first account, through the page. */
export async function setUp(page: Page, server: ConsoleProcess): Promise<void> {
  await page.goto(server.url);
  await page.getByLabel('Setup code').fill(server.setupCode ?? 'none was printed');
  await page.getByLabel('Name').fill(account.name);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('banner').getByText('Live')).toBeVisible();
}

export async function logIn(page: Page, server: ConsoleProcess): Promise<void> {
  await page.goto(`${server.url}/login`);
  await page.getByLabel('Name').fill(account.name);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('banner').getByText('Live')).toBeVisible();
}

/** Pictures of the page in both themes, wide and narrow, for whoever wants to look; nothing may stick out of any, be too faint to read, or lack a name. */
export async function shoot(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.locator('html').evaluate((html) => html.scrollWidth), `nothing sticks out at ${width} px`).toBeLessThanOrEqual(width);
      await expect.poll(() => page.evaluate(problemsOf), { message: `${name}, ${colorScheme}, ${width} px` }).toEqual([]);
      await page.screenshot({ path: join(root, 'test-results', 'screens', `${name}-${colorScheme}-${width}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** One console for all tests of a file; a page that throws fails its test. */
export const test = base.extend<{ errors: string[] }, { server: ConsoleProcess }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from this pattern
    async ({}, use) => {
      const server = new ConsoleProcess();
      await server.start();
      await use(server);
      await server.remove();
    },
    { scope: 'worker' },
  ],
  errors: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await use(errors);
      expect(errors).toEqual([]);
    },
    { auto: true },
  ],
});
export { expect };
