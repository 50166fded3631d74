// Online against target: what an agent told is what the charts' tables say, and what is shown stands in the address.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { SecondCounts } from '@parallax/protocol';
import type { Page } from '@playwright/test';
import { comparisonSecond, type Exchange } from '../testing/seconds.ts';
import { makeMapping, signedIn, tellSeconds } from '../testing/told-agent.ts';
import { account, expect, logIn, setUp, test } from './fixtures.ts';

/** Four minutes that ended a minute ago, with a gap of 30 s in the middle, told second by second. */
const toMs = Math.floor(Date.now() / 10_000) * 10_000 - 60_000;
const fromMs = toMs - 240_000;
const gap = { fromMs: fromMs + 100_000, toMs: fromMs + 130_000 };
const range = `from=${fromMs}&to=${toMs}`;
let id = '';
let token = '';

/** GET takes 400 to 499 µs online and 100 µs more on the target; SET 1 ms and 3 ms, and every fourth second one of them fails there. */
const truth = (second: number): Exchange[] => [
  ...Array.from({ length: 30 }, (_, at) => ({ kind: 'GET', onlineUs: 400 + ((at * 37 + second * 13) % 100), targetUs: 500 + ((at * 37 + second * 13) % 100) })),
  { kind: 'SET', onlineUs: 1000, targetUs: 3000, isError: second % 4 === 0 },
];

/** In the first seconds. */
const counts = (second: number): SecondCounts => ({
  online: { resets: second < 3 ? 1 : 0, notUnderstood: second === 1 ? 12 : 0, clockSet: 0 },
  target: { resets: second < 3 ? 2 : 0, notUnderstood: second === 2 ? 1 : 0, clockSet: second === 5 ? 4 : 0 },
});

type Cell = { name: string; value: number | null };
/** A column of a table with its row names; null where a cell is empty. */
const column = (page: Page, testId: string, label: string): Promise<Cell[]> =>
  page.getByTestId(testId).evaluate((element, wanted) => {
    const table = element as HTMLTableElement;
    const index = [...table.querySelectorAll('thead th')].findIndex((cell) => cell.textContent?.trim() === wanted);
    return [...table.querySelectorAll('tbody tr')].map((row) => {
      const text = row.children[index]?.getAttribute('data-value') ?? '';
      const { atMs, name, kind } = (row as HTMLElement).dataset;
      return { name: atMs ?? name ?? kind ?? '', value: text === '' ? null : Number(text) };
    });
  }, label);
const cell = async (page: Page, testId: string, row: string, label: string) => (await column(page, testId, label)).find(({ name }) => name === row)?.value;
const open = async (page: Page, query: string) => {
  await page.goto(`${new URL(page.url()).origin}/mappings/${id}/comparison?${query}`);
  await expect(page.getByTestId('comparison')).toBeVisible();
};

test.beforeAll(async ({ browser, server }) => {
  const page = await browser.newPage();
  await setUp(page, server);
  await page.close();
  const api = await signedIn(server.url, account);
  ({ id, token } = await makeMapping(api, 'orders'));
  const seconds = Array.from({ length: 240 }, (_, at) => at)
    .filter((at) => fromMs + at * 1000 < gap.fromMs || fromMs + at * 1000 >= gap.toMs)
    .map((at) => comparisonSecond(id, fromMs + at * 1000, truth(at), { sequence: at, counts: counts(at) }));
  await tellSeconds(server.url, token, seconds);
});
test.beforeEach(({ page, server }) => logIn(page, server));

test('the charts say second by second what the agent told, and the gap is a gap', async ({ page }) => {
  await page.getByRole('link', { name: 'orders' }).first().click();
  await page.getByRole('link', { name: 'Compare' }).click();
  await expect(page).toHaveURL(/\/comparison$/);
  await open(page, range);
  await expect(page.getByTestId('comparison')).toHaveAttribute('data-step-ms', '1000');
  const latency = await column(page, 'comparison-latency-table', 'online p50');
  expect(latency).toHaveLength(210);
  expect(latency.filter(({ name }) => Number(name) >= gap.fromMs && Number(name) < gap.toMs)).toEqual([]);
  for (const { name, value } of latency) {
    const sorted = truth((Number(name) - fromMs) / 1000)
      .map(({ onlineUs }) => onlineUs)
      .sort((a, b) => a - b);
    expect(value).toBe(sorted[15]);
  }
  expect(new Set((await column(page, 'comparison-latency-table', 'paired p50')).map(({ value }) => value))).toEqual(new Set([100]));
  expect(new Set((await column(page, 'comparison-latency-table', 'target p99')).map(({ value }) => value))).toEqual(new Set([3000.5])); // the middle of 3000 and 3001, which share a bucket
  expect(new Set((await column(page, 'comparison-throughput-table', 'online')).map(({ value }) => value))).toEqual(new Set([31]));
  const errors = await column(page, 'comparison-throughput-table', 'target errors');
  for (const { name, value } of errors) expect(value).toBeCloseTo(((Number(name) - fromMs) / 1000) % 4 === 0 ? 100 / 31 : 0, 6);
});

test('the whole window, its distribution, its pairs and its kinds add up', async ({ page }) => {
  await open(page, range);
  expect(await cell(page, 'comparison-summary-table', 'online', 'exchanges')).toBe(210 * 31);
  await expect(page.getByTestId('comparison-known')).toHaveAttribute('data-seconds', '210');
  for (const side of ['online', 'target']) {
    const rows = await column(page, 'comparison-heat-table', side);
    expect(rows.reduce((sum, { value }) => sum + value!, 0)).toBe(210 * 31);
    expect((await column(page, 'comparison-kinds-table', `${side} n`)).reduce((sum, { value }) => sum + value!, 0)).toBe(210 * 31);
  }
  const curve = await column(page, 'comparison-curve-table', 'online');
  expect(Math.abs(curve.find(({ name }) => name === 'p99')!.value! - 1000)).toBeLessThanOrEqual(4); // rolled up, within 0.4 %
  expect(curve.find(({ name }) => name === 'p90')?.value).toBeLessThan(500);
  const pairs = await column(page, 'comparison-pairs-table', 'difference p50');
  expect(pairs).toHaveLength(10);
  expect(pairs[0]!.value).toBe(100);
  expect(await cell(page, 'comparison-kinds-table', 'SET', 'difference p99')).toBeCloseTo(2000, -1);
  expect(await cell(page, 'comparison-kinds-table', 'SET', 'target errors')).toBe(52);
  expect(await cell(page, 'comparison-kinds-table', 'GET', 'paired p50')).toBe(100);
});

test('connections that were reset stand beside each other; what was not understood, or not timed, is said with what to do', async ({ page }) => {
  await open(page, range);
  for (const [side, resets] of [
    ['online', 3],
    ['target', 6],
  ] as const) {
    expect(await cell(page, 'comparison-summary-table', side, 'resets')).toBe(resets);
    const each = await column(page, 'comparison-throughput-table', `${side} resets`);
    expect(each.slice(0, 4).map(({ value }) => value)).toEqual([resets / 3, resets / 3, resets / 3, 0]);
    expect(each.reduce((sum, { value }) => sum + value!, 0)).toBe(resets);
  }
  const doubts = page.getByTestId('not-understood');
  await expect(doubts).toContainText('did not understand 12 connections of clients and 1 copy');
  await expect(doubts.getByRole('link', { name: 'choose its adapter' })).toHaveAttribute('href', `/mappings/${id}/edit`);
  await expect(page.getByTestId('clock-set')).toContainText('4 exchanges were counted and not timed, because a host’s clock was set meanwhile');
  await page.screenshot({ path: join('test-results', 'screens', 'comparison-doubts.png'), fullPage: true });
  await open(page, `from=${fromMs + 20_000}&to=${toMs}`);
  await expect(page.getByTestId('comparison-summary-table')).toBeVisible();
  for (const testId of ['not-understood', 'clock-set']) await expect(page.getByTestId(testId)).toHaveCount(0);
});

test('the verdict names the difference and how sure it is', async ({ page }) => {
  await open(page, `${range}&p=50`);
  const verdict = page.getByTestId('verdict');
  await expect(verdict).toHaveText(/^target slower by 0\.10\sms at p50 \(95 % CI 0\.10–0\.10\sms\), n = 6\s510 pairs$/);
  await page.getByRole('button', { name: 'p99.9', exact: true }).click();
  await expect(verdict).toContainText('not enough data at p99.9: 6510 paired exchanges, p99.9 needs 10000');
  await expect(page).toHaveURL(/p=99\.9/);
  await open(page, `from=${fromMs}&to=${fromMs + 12_000}&p=50`);
  await expect(verdict).toContainText('in only 12 spans of time, 20 are needed');
});

test('a kind that is chosen is what the page is about, also after a reload', async ({ page }) => {
  await open(page, range);
  await page.getByTestId('comparison-kinds-table').getByRole('button', { name: 'SET' }).click();
  await expect(page).toHaveURL(/kind=SET/);
  await expect.poll(() => cell(page, 'comparison-summary-table', 'online', 'exchanges')).toBe(210);
  await page.reload();
  await expect.poll(async () => Math.abs(((await cell(page, 'comparison-summary-table', 'target', 'p50')) ?? 0) - 3000)).toBeLessThan(12);
  await page.getByLabel('Kind of request', { exact: true }).selectOption('');
  await expect.poll(() => cell(page, 'comparison-summary-table', 'online', 'exchanges')).toBe(210 * 31);
});

test('dragging over one chart looks closer in all, and the browser goes back', async ({ page }) => {
  await open(page, range);
  const plot = page.getByRole('figure', { name: 'Requests per second of online and target' }).locator('.u-over');
  await plot.scrollIntoViewIfNeeded();
  const box = (await plot.boundingBox())!;
  const at = (ms: number) => box.x + (box.width * (ms - fromMs)) / 240_000;
  await page.mouse.move(at(fromMs + 20_000), box.y + 40);
  await page.mouse.down();
  await page.mouse.move(at(fromMs + 40_000), box.y + 60, { steps: 5 });
  await page.mouse.move(at(fromMs + 60_000), box.y + 60, { steps: 5 });
  await page.mouse.up();
  await expect.poll(async () => Math.abs((await column(page, 'comparison-latency-table', 'online p50')).length - 40)).toBeLessThanOrEqual(3);
  const shown = new URL(page.url()).searchParams;
  expect(Math.abs(Number(shown.get('from')) - fromMs - 20_000)).toBeLessThan(2000);
  expect(Math.abs(Number(shown.get('to')) - fromMs - 60_000)).toBeLessThan(2000);
  expect((await column(page, 'comparison-throughput-table', 'online')).length).toBe((await column(page, 'comparison-latency-table', 'online p50')).length);
  await page.goBack();
  await expect.poll(async () => (await column(page, 'comparison-latency-table', 'online p50')).length).toBe(210);
});

test('the crosshair stands at the same time in every chart', async ({ page }) => {
  await open(page, range);
  const plot = page.getByRole('figure', { name: 'Latency percentiles of online and target' }).locator('.u-over');
  await plot.scrollIntoViewIfNeeded();
  const box = (await plot.boundingBox())!;
  await page.mouse.move(box.x + box.width / 4, box.y + 50);
  const text = (name: string) => page.getByRole('figure', { name }).locator('figcaption > span').last();
  const at = await text('Latency percentiles of online and target').textContent();
  expect(at).toMatch(/^\d\d:\d\d:\d\d$/);
  for (const name of ['Target minus online', 'Requests per second of online and target', 'Error rate of online and target'])
    await expect(text(name)).toHaveText(at!);
  await expect(text('Latency of target over time')).toContainText(at!);
});

test('each chart turns into its table and can be saved as a picture; figures as CSV', async ({ page }) => {
  await open(page, range);
  for (const title of ['latency over time', 'throughput and errors', 'distribution over time', 'latency by percentile', 'pair by pair']) {
    await page.getByRole('button', { name: `Show ${title} as a table` }).click();
  }
  for (const testId of ['comparison-latency-table', 'comparison-throughput-table', 'comparison-heat-table', 'comparison-curve-table', 'comparison-pairs-table'])
    await expect(page.getByTestId(testId)).toBeVisible();
  await page.getByRole('button', { name: 'Show latency over time as a table' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save Latency over time as PNG' }).click();
  const picture = await saving;
  expect(picture.suggestedFilename()).toBe('orders-latency.png');
  const bytes = readFileSync((await picture.path())!);
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  expect(bytes.readUInt32BE(16)).toBeGreaterThan(600);
  expect(bytes.length).toBeGreaterThan(10_000);
  const fetching = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV over time' }).click();
  const lines = readFileSync((await (await fetching).path())!, 'utf8')
    .trim()
    .split('\r\n');
  expect(lines).toHaveLength(211);
  expect(lines[1]).toMatch(new RegExp(`^${new Date(fromMs).toISOString().replaceAll('.', '\\.')},1,31,0,`));
});

test('a live window follows the clock until it is paused', async ({ page, server }) => {
  await open(page, 'last=5m');
  const nowMs = Math.floor(Date.now() / 1000) * 1000 - 2000;
  await tellSeconds(server.url, token, [comparisonSecond(id, nowMs, [{ kind: 'NEW', onlineUs: 77, targetUs: 88 }], { run: 'another', sequence: 0 })]);
  await expect.poll(() => cell(page, 'comparison-kinds-table', 'NEW', 'online p50'), { timeout: 8_000 }).toBe(77);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page).toHaveURL(/from=\d+&to=\d+&last=5m/);
  await expect(page.getByLabel('From', { exact: true })).toBeVisible();
  await tellSeconds(server.url, token, [comparisonSecond(id, nowMs + 1000, [{ kind: 'NEWER', onlineUs: 77, targetUs: 88 }], { run: 'third', sequence: 0 })]);
  await page.waitForTimeout(3_000);
  expect(await cell(page, 'comparison-kinds-table', 'NEWER', 'online p50')).toBeUndefined();
  await page.getByRole('button', { name: 'Live' }).click();
  await expect.poll(() => cell(page, 'comparison-kinds-table', 'NEWER', 'online p50'), { timeout: 8_000 }).toBe(77);
});

test('a window without traffic says so, and what to do', async ({ page }) => {
  await page.goto(`${new URL(page.url()).origin}/mappings/${id}/comparison?from=${fromMs - 600_000}&to=${fromMs - 300_000}`);
  await expect(page.getByRole('region', { name: 'Nothing to compare' })).toContainText('Start the mapping, or choose an earlier window');
});

test('the command line gives the same verdict to a build, with a token that may only read', async ({ server, page }) => {
  const api = await signedIn(server.url, account);
  const { token: key } = await api<{ token: string }>('POST', '/tokens', { name: `ci ${Date.now()}` });
  const dir = mkdtempSync(join(tmpdir(), 'parallax-verdict-'));
  const report = join(dir, 'report.html');
  const run = (args: string[], env: Record<string, string> = { PARALLAX_API_TOKEN: key }) =>
    new Promise<{ code: number; out: string; err: string }>((done) => {
      const words = [resolve(import.meta.dirname, '../../../bin/parallax'), 'verdict', '--console', server.url, ...args];
      execFile(process.execPath, words, { env: { NODE_ENV: 'test', PATH: process.env.PATH, ...env } }, (error, out, err) =>
        done({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  const passed = await run(['--mapping', 'orders', '--for', '10m', '--kind', 'GET', '--max-p50-delta', '150us', '--report', report]);
  expect(passed).toMatchObject({ code: 0, err: '' });
  expect(passed.out).toMatch(/^target slower by 0\.10\sms at p50 .*\npassed p50: \+0\.10\sms .* within 150us\nreport /);
  const failed = await run(['--mapping', id, '--for', '10m', '--kind', 'GET', '--max-p50-delta', '10%']);
  expect(failed.code).toBe(1);
  expect(failed.out).toContain('above 10%');
  expect((await run(['--mapping', 'orders', '--for', '1s', '--max-p99-delta', '2ms'])).out).toContain('not enough data');
  expect(await run(['--mapping', 'none'])).toMatchObject({ code: 2, err: expect.stringContaining('--mapping "none": the console has "orders"') });
  expect(await run(['--mapping', 'orders', '--max-p99-delta', '2'])).toMatchObject({ code: 2, err: expect.stringContaining('give a time such as 2ms') });
  expect(await run(['--mapping', 'orders'], { PARALLAX_API_TOKEN: 'plxt_none' })).toMatchObject({
    code: 2,
    err: expect.stringContaining('this token is not known'),
  });
  expect((await fetch(`${server.url}/api/v1/stop-all`, { method: 'POST', headers: { authorization: `Bearer ${key}` } })).status).toBe(401);
  await page.goto(`file://${report}`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('orders: target slower by 0.10');
  await expect(page.getByRole('img', { name: 'Latency by percentile' })).toBeVisible();
  await expect(page.getByRole('cell', { name: 'GET', exact: true })).toBeVisible();
  rmSync(dir, { recursive: true });
});
