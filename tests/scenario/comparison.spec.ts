// Online against target through console and agents: two servers whose service times are known, and what the pages, the interface and `parallax verdict` say of them.
import type { ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readCapture } from '@parallax/device';
import { ADDRESS, type Host, joinAgent, Lab, type Running, type RunningConsole, restartConsole, startConsole, waitUntil } from '@parallax/lab';
import { IpView, TcpView } from '@parallax/wire';
import { expect, type Page, test } from '@playwright/test';
import { PROGRAM, recordCapture } from './support.ts';

const PORT = 3900 + (process.pid % 90);
const user = { name: 'operator', password: 'correct horse battery' };
const RATE = 40;
const SECONDS = 25;
/** What is measured at the assistant contains the variation of the path from the target. */
const TOLERANCE_US = 300;

let lab: Lab;
let console_: RunningConsole;
const agents: Running[] = [];

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxq-${process.pid}`, offload: 'on', removeOnExit: true });
  console_ = await startConsole(lab, PROGRAM, PORT, user);
});
test.afterAll(async () => {
  for (const agent of agents) expect(await agent.stop()).toBe(0);
  expect(await console_?.stop()).toBe(0);
  await lab?.down();
});

async function startServer(host: Host, serviceMs: number): Promise<void> {
  const program = fileURLToPath(new URL('./timed-server.mjs', import.meta.url));
  const child: ChildProcess = lab.spawn(host, [process.execPath, program, '8080', String(serviceMs)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  await waitUntil(() => lines.includes('listening'), { what: `the server listens on ${host}` });
}

/** A request as the server's own interface saw it; `nth` of its connection. */
type Served = { connection: string; nth: number; kind: string; us: number };

/** From the last packet of each request to the first of its answer, in the order of answers, by a capture on the server's host that knows nothing of this product. */
function servedIn(bytes: Uint8Array): Served[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ip = new IpView(view);
  const tcp = new TcpView(view);
  const asked = new Map<string, { nth: number; kind: string; atUs: number; isAnswered: boolean }>();
  const served: Served[] = [];
  for (const { at, lengthBytes, wireBytes, capturedAtUs } of readCapture(bytes)) {
    if (!ip.moveTo(at, at + lengthBytes, wireBytes) || !tcp.moveTo(ip.payloadAt, at + lengthBytes))
      throw new Error('tcpdump recorded something that is not TCP');
    if (ip.totalBytes === tcp.payloadAt - ip.at) continue;
    const isRequest = tcp.destinationPort === 8080;
    const connection = isRequest ? `${ip.source(3)}:${tcp.sourcePort}` : `${ip.destination(3)}:${tcp.destinationPort}`;
    const last = asked.get(connection);
    if (isRequest) {
      const words = /^([A-Z]+) (\S+) HTTP/.exec(Buffer.from(bytes.subarray(tcp.payloadAt, at + lengthBytes)).toString('latin1'));
      if (words !== null)
        asked.set(connection, { nth: (last?.nth ?? -1) + 1, kind: `${words[1]} ${words[2]!.replace(/\d+/, ':id')}`, atUs: capturedAtUs, isAnswered: false });
      else if (last !== undefined) last.atUs = capturedAtUs; // its body
    } else if (last !== undefined && !last.isAnswered) {
      last.isAnswered = true;
      served.push({ connection, nth: last.nth, kind: last.kind, us: capturedAtUs - last.atUs });
    }
  }
  return served;
}

/** By nearest rank, as histograms do it. */
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1]!;

/** A table by row and column, as the accessible tables hold it; null where a cell is empty. */
async function cells(page: Page, testId: string): Promise<Record<string, Record<string, number | null>>> {
  return page.getByTestId(testId).evaluate((table) => {
    const names = [...table.querySelectorAll('thead th')].map((cell) => cell.textContent?.trim() ?? '');
    const rows = [...table.querySelectorAll('tbody tr')];
    return Object.fromEntries(
      rows.map((row) => [
        row.getAttribute('data-name') ?? row.getAttribute('data-kind') ?? row.getAttribute('data-at-ms') ?? '',
        Object.fromEntries(
          names.map((name, at) => {
            const text = row.children[at]?.getAttribute('data-value') ?? '';
            return [name, text === '' ? null : Number(text)];
          }),
        ),
      ]),
    );
  });
}

const ofServer = (address: string) => `tcp port 8080 and host ${address}`;

const verdict = (...args: string[]) =>
  new Promise<{ code: number; out: string }>((done) => {
    const env = { PATH: process.env.PATH, NODE_ENV: 'test' as const, PARALLAX_PASSWORD: user.password };
    execFile(
      process.execPath,
      [PROGRAM, 'verdict', '--console', console_.url, '--user', user.name, '--mapping', 'orders', ...args],
      { env },
      (error, out, err) => done({ code: error === null ? 0 : Number(error.code), out: out + err }),
    );
  });

test('pages, counts by kind and the verdict are what both servers know of themselves; a restart of the console loses no second', async ({ page }) => {
  test.setTimeout(120_000);
  await startServer('online', 1);
  await startServer('target', 6);
  const captures = {
    online: await recordCapture(lab, 'online', ofServer(ADDRESS.online)),
    target: await recordCapture(lab, 'target', ofServer(ADDRESS.target)),
  };
  const assistant = await joinAgent(lab, PROGRAM, console_, 'assistant');
  const online = await joinAgent(lab, PROGRAM, console_, 'online');
  agents.push(assistant, online);
  const mapping = await console_.client.addMapping({
    name: 'orders',
    onlineAgentId: online.id,
    assistantAgentId: assistant.id,
    listen: { address: null, port: 8080 },
    target: { address: ADDRESS.target, port: 8080 },
    multiplier: 1,
    pacing: 'response',
    adapter: 'http1',
  });
  await console_.client.start(mapping.id);
  await waitUntil(async () => (await console_.client.mapping(mapping.id)).status?.state === 'running', { what: 'the mapping runs', timeoutMs: 10_000 });

  const client = fileURLToPath(new URL('./timed-client.mjs', import.meta.url));
  const fromMs = Date.now() - 1000;
  const load = lab.mustExec('client', [process.execPath, client, ADDRESS.online, '8080', String(RATE), String(SECONDS)], { timeoutMs: 60_000 });
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  expect(await console_.stop()).toBe(0);
  console_ = await restartConsole(lab, PROGRAM, console_);

  await page.goto(`${console_.url}/login`);
  await page.getByLabel('Name').fill(user.name);
  await page.getByLabel('Password').fill(user.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  const row = page.locator('[data-testid=mapping-row][data-mapping=orders]');
  await expect(row).toContainText('Running');
  expect(JSON.parse(await load)).toEqual({ sent: RATE * SECONDS, failed: 0 });

  // Once the last second is stored.
  const stored = async (side: 'online' | 'target') =>
    (await console_.client.comparison(mapping.id, fromMs, Date.now(), 1)).points.reduce((sum, point) => sum + point[side].count, 0);
  const isStored = async () => (await stored('online')) >= RATE * SECONDS && (await stored('target')) >= RATE * SECONDS;
  await waitUntil(isStored, { what: 'all exchanges are stored', pollMs: 200 }).catch(() => {});

  // The overview: the middle of the last minute, of both servers.
  await expect(row.locator('td').nth(5)).toContainText('ms');
  await page.screenshot({ path: join('test-results', 'screens', 'overview-orders.png') });
  const overview = (await row.locator('td').nth(5).locator('dd').allTextContents()).map((text) => Number(/[\d.]+/.exec(text)![0]) * 1000);
  await row.getByRole('link', { name: 'orders' }).click();
  const shown = async () => Object.values(await cells(page, 'latency-table')); // the newest first
  await expect.poll(async () => (await shown())[0]?.['online n']).toBe(0); // nothing is answered any more
  const lately = (await shown()).filter((second) => second['online n']! > 0 || second['target n']! > 0);
  expect(lately.length).toBeGreaterThan(5);

  // The comparison page: all of it.
  const toMs = Date.now();
  await page.goto(`${console_.url}/mappings/${mapping.id}/comparison?from=${fromMs}&to=${toMs}`);
  await expect(page.getByTestId('comparison-summary-table')).toBeVisible();
  await page.screenshot({ path: join('test-results', 'screens', 'comparison-orders.png'), fullPage: true });
  const whole = await cells(page, 'comparison-summary-table');
  const kinds = await cells(page, 'comparison-kinds-table');
  const seconds = Object.values(await cells(page, 'comparison-throughput-table'));
  const said = {
    generous: await verdict('--for', '2m', '--kind', 'GET /same', '--max-p50-delta', '2ms', '--report', join(lab.dir, 'report.html')),
    strict: await verdict('--for', '2m', '--max-p50-delta', '1ms'),
    wrong: await verdict('--for', 'long'),
  };
  const served = { online: servedIn(await captures.online.take()), target: servedIn(await captures.target.take()) };
  const truth = (side: 'online' | 'target', kind?: string) =>
    median(served[side].filter((each) => kind === undefined || each.kind === kind).map(({ us }) => us));
  /** What each of these seconds had, the newest first: as many as it says, counted from the end. What was before, the console of before was told. */
  const bySecond = (side: 'online' | 'target') => {
    let end = served[side].length;
    return lately.map((second) => {
      const count = second[`${side} n`]!;
      end -= count;
      return served[side].slice(end, end + count).map(({ us }) => us);
    });
  };
  const ofOnline = new Map(served.online.map((each) => [`${each.connection} ${each.nth}`, each.us]));
  const pairs = served.target.map(({ connection, nth, kind, us }) => ({ kind, us: us - ofOnline.get(`${connection} ${nth}`)! }));

  expect([served.online.length, served.target.length]).toEqual([RATE * SECONDS, RATE * SECONDS]);
  expect(whole.online!.exchanges, 'every request, also those of the seconds without a console').toBe(RATE * SECONDS);
  expect(whole.target!.exchanges).toBe(RATE * SECONDS);
  expect(seconds.reduce((sum, second) => sum + (second.online ?? 0), 0)).toBe(RATE * SECONDS);
  expect(Object.keys(kinds).sort()).toEqual([...new Set(served.online.map(({ kind }) => kind))].sort());
  const isClose = (saidUs: number, trueUs: number, what: string) =>
    expect(Math.abs(saidUs - trueUs), `${what}: ${saidUs} µs said, ${trueUs} µs seen`).toBeLessThan(TOLERANCE_US);
  for (const [kind, figures] of Object.entries(kinds)) {
    for (const side of ['online', 'target'] as const) {
      expect(figures[`${side} n`], `${kind} on ${side}`).toBe(served[side].filter((each) => each.kind === kind).length);
      isClose(figures[`${side} p50`]!, truth(side, kind), `${kind} on ${side}`);
    }
    isClose(figures['paired p50']!, median(pairs.filter((each) => each.kind === kind).map(({ us }) => us)), `${kind}, pairs`);
  }
  expect([kinds['GET /broken']!['online errors'], kinds['GET /broken']!['target errors']]).toEqual([0, (RATE * SECONDS) / 4]);
  for (const side of ['online', 'target'] as const) {
    const trueOnes = bySecond(side).filter((all) => all.length > 0);
    isClose(median(lately.flatMap((second) => second[`${side} p50`] ?? [])), median(trueOnes.map(median)), `the mapping page, ${side}`);
    isClose(whole[side]!.p50!, truth(side), `the comparison page, ${side}`);
  }
  isClose(overview[2]!, median(bySecond('target').flat()) - median(bySecond('online').flat()), 'the overview');

  expect(said.generous, said.generous.out).toMatchObject({ code: 0, out: expect.stringContaining('passed p50') });
  expect(said.strict, said.strict.out).toMatchObject({ code: 1, out: expect.stringMatching(/target slower by .*above 1ms/s) });
  expect(said.wrong).toMatchObject({ code: 2, out: expect.stringContaining('give a duration') });
  await page.goto(`file://${join(lab.dir, 'report.html')}`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('orders');
  await page.screenshot({ path: join('test-results', 'screens', 'verdict-report.png'), fullPage: true });
});
