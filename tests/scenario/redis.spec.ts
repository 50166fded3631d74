// The main job driven from the browser: real pages, real agents in the lab, real Redis on both servers.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  ADDRESS,
  Lab,
  type LoadRun,
  type Redis,
  type Running,
  type RunningConsole,
  redisCalls,
  redisMonitor,
  startConsole,
  startLoad,
  startParallax,
  startRedis,
  waitUntil,
} from '@parallax/lab';
import { expect, type Page, test } from '@playwright/test';
import { shoot } from '../../apps/console/e2e/fixtures.ts';
import { commandsOf, establishedOn, PROGRAM, recordPackets, type Segment } from './support.ts';

const PORT = 3700 + (process.pid % 200);
const user = { name: 'operator', password: 'correct horse battery' };

let lab: Lab;
let online: Redis;
let target: Redis;
let console_: RunningConsole;
let load: LoadRun | undefined;
const agents: Running[] = [];
const tokens: Record<string, string> = {};

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxb-${process.pid}`, offload: 'on', removeOnExit: true });
  [online, target] = await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'target')]);
  console_ = await startConsole(lab, PROGRAM, PORT, user);
});
test.afterAll(async () => {
  await load?.stop();
  for (const agent of agents) expect(await agent.stop()).toBe(0);
  expect(await console_?.stop()).toBe(0);
  await lab?.down();
});
test.beforeEach(async ({ page }) => {
  await page.goto(`${console_.url}/login`);
  await page.getByLabel('Name').fill(user.name);
  await page.getByLabel('Password').fill(user.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('button', { name: /Sign out/ })).toBeVisible();
});

/** Add an agent in the page, start it with the token that the page shows, and see it come. */
async function addAgent(page: Page, host: 'online' | 'assistant'): Promise<void> {
  await page.goto(`${console_.url}/agents`);
  await page.getByRole('button', { name: 'Add agent' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Role').selectOption(host);
  await dialog.getByLabel('Agent name').fill(host);
  await dialog.getByRole('button', { name: 'Add agent' }).click();
  const command = dialog.getByText(/PARALLAX_TOKEN=\S+/).first();
  await expect(command).toBeVisible();
  const token = /PARALLAX_TOKEN=['"]?([^\s'"]+)/.exec((await command.textContent()) ?? '')![1]!;
  tokens[host] = token;
  agents.push(await startParallax(lab, host, PROGRAM, [host, '--console', `ws+unix:${console_.socket}:/ws/agent`, '-i', 'eth0'], { PARALLAX_TOKEN: token }));
  await expect(dialog.getByText(/connected/i).first()).toBeVisible();
  await page.keyboard.press('Escape');
}

/** Choose an agent by its name; the option also says whether it is connected. */
async function chooseAgent(page: Page, label: string, name: string): Promise<void> {
  const select = page.getByLabel(label, { exact: true });
  const value = await select
    .locator('option')
    .filter({ hasText: new RegExp(`^${name} `) })
    .first()
    .getAttribute('value');
  await select.selectOption(value);
}

const cli = (...words: string[]) => lab.mustExec('client', ['redis-cli', '-h', ADDRESS.online, ...words]);

/** Columns of a chart's accessible table, second by second and newest first, read at one moment; seconds with a gap in one of them are left out. */
async function secondsOf(page: Page, testId: string, labels: readonly string[]): Promise<number[][]> {
  return page.getByTestId(testId).evaluate((table, wanted) => {
    const names = [...table.querySelectorAll('thead th')].map((cell) => cell.textContent?.trim());
    return [...table.querySelectorAll('tbody tr')]
      .map((row) => wanted.map((label) => row.children[names.indexOf(label)]?.getAttribute('data-value') ?? ''))
      .filter((texts) => !texts.includes(''))
      .map((texts) => texts.map(Number));
  }, labels);
}

test('agents join with a token shown once, and tell about their hosts', async ({ page }) => {
  await addAgent(page, 'assistant');
  await addAgent(page, 'online');
  const row = page.locator('[data-testid=agent-row][data-agent=online]');
  await expect(row).toContainText('Connected');
  await row.getByRole('button').first().click();
  for (const fact of [ADDRESS.online, 'eth0', 'NET_RAW', '0.1.0', 'TSO, GSO, GRO, where it captures']) await expect(row).toContainText(fact);
  await shoot(page, 'agents');
});

test('a mapping made in the browser is started, mirrors a SET, multiplies, is watched live, and stops', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));

  await page.goto(`${console_.url}/mappings/new`);
  await page.getByLabel('Name', { exact: true }).fill('redis');
  await chooseAgent(page, 'Online agent', 'online');
  await page.getByLabel('Listen port').fill('6379');
  await page.getByLabel('Target address').fill(ADDRESS.target);
  await page.getByLabel('Target port').fill('6379');
  await chooseAgent(page, 'Assistant agent', 'assistant');
  await page.getByLabel('Multiplier').fill('3');
  await page.getByRole('button', { name: 'Create mapping' }).click();
  await expect(page).toHaveURL(/\/mappings\/(?!new)[^/]+$/);

  // Nothing is sent before it is started.
  expect(await cli('set', 'date', 'before')).toBe('OK\n');
  expect(await target.command('GET', 'date')).toBeNull();

  await page.getByRole('button', { name: 'Start redis' }).click();
  await page.getByRole('button', { name: 'Start copying' }).click();
  await expect(page.getByRole('button', { name: 'Stop redis' })).toBeVisible();
  await expect(page.getByText('Running').first()).toBeVisible();

  const monitors = [await redisMonitor(lab, 'online'), await redisMonitor(lab, 'target')] as const;
  const peersOf = (monitor: (typeof monitors)[0], value: string) =>
    monitor.lines.filter(({ words }) => words[0] === 'set' && words[2] === value).map(({ peer }) => peer);
  expect(await cli('set', 'date', 'during')).toBe('OK\n');
  await waitUntil(() => peersOf(monitors[1], 'during').length >= 3, { what: 'three SETs on the target' });
  const [client] = peersOf(monitors[0], 'during');
  expect(new Set(peersOf(monitors[1], 'during')).size).toBe(3);
  expect(peersOf(monitors[1], 'during')).toContain(client);
  for (const monitor of monitors) monitor.stop();

  // Live: what the page shows is what the lab does.
  load = startLoad(lab, { clients: 6, ratePerSecond: 300, seconds: 120 });
  const isNear = (rate: number | undefined, wanted: number) => rate !== undefined && Math.abs(rate - wanted) < 0.15 * wanted;
  await expect
    .poll(
      async () =>
        (await secondsOf(page, 'throughput-table', ['online', 'target'])).slice(1, 4).filter(([at300, at900]) => isNear(at300, 300) && isNear(at900, 900))
          .length,
      {
        timeout: 20_000,
      },
    )
    .toBe(3);
  await expect(page.getByTestId('session-row')).toHaveCount(6, { timeout: 10_000 });
  await expect(page.getByTestId('session-row').first()).toContainText('10.90.0.1');
  const latencies = ['online p50', 'online p99', 'target p50', 'target p99'];
  await expect.poll(async () => (await secondsOf(page, 'latency-table', latencies)).length, { timeout: 10_000 }).toBeGreaterThanOrEqual(5);
  // The table holds a minute, so its newest second tells that it is alive, not its length.
  const newest = () => page.getByTestId('latency-table').locator('tbody tr').first().getAttribute('data-at-ms');
  const before = Number(await newest());
  await expect.poll(async () => Number(await newest()), { timeout: 10_000 }).toBeGreaterThan(before);

  const shots = join('test-results', 'screens');
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, 'mapping-live.png'), fullPage: true });
  await page.goto(console_.url);
  await expect(page.getByRole('row').filter({ hasText: 'redis' })).toContainText('Running');
  await expect(page.getByTestId('mapping-row').locator('td').nth(5)).toContainText('ms');
  await page.screenshot({ path: join(shots, 'overview-live.png') });

  await seeLadder(page);
  await expect.poll(() => establishedOn(lab, 'target', 6379).length, { timeout: 10_000 }).toBe(18);
  await page.getByRole('button', { name: 'Stop redis' }).click();
  await expect(page.getByRole('button', { name: 'Start redis' })).toBeVisible();
  await waitUntil(() => establishedOn(lab, 'target', 6379).length === 0, { what: 'no copy is open on the target', timeoutMs: 5000 });
  const stopped = await commandsOf(target);
  const running = await commandsOf(online);
  await page.waitForTimeout(1500);
  expect(await commandsOf(target), 'only INFO itself').toBeLessThanOrEqual(stopped + 1);
  expect(await commandsOf(online)).toBeGreaterThan(running + 200);
  expect(errors).toEqual([]);
});

/** A session of one's own, followed segment by segment while it says what the test knows. */
async function seeLadder(page: Page): Promise<void> {
  const client = lab.spawn('client', ['redis-cli', '-h', ADDRESS.online], { stdio: ['pipe', 'ignore', 'ignore'] });
  client.stdin!.write('CLIENT SETNAME ladder\n');
  const nameOf = async () => /addr=(\S+) .*name=ladder /.exec(String(await online.command('CLIENT', 'LIST')))?.[1];
  await waitUntil(async () => (await nameOf()) !== undefined, { what: 'the client is known by its name' });
  const endpoint = (await nameOf())!;
  await page.goto(`${console_.url}/`);
  await page.getByRole('link', { name: 'redis' }).first().click();
  await page.getByRole('button', { name: `Copies of ${endpoint}` }).click();
  await expect(page.getByText('Nothing was said since')).toBeVisible();
  const filter = `tcp and host ${endpoint.split(':')[0]} and port ${endpoint.split(':')[1]} and port 6379`;
  const [atOnline, atTarget] = [await recordPackets(lab, 'online', filter), await recordPackets(lab, 'target', filter)];
  client.stdin!.write('SET ladder seen\n');
  const rows = page.getByTestId('session-ladder').locator('tbody tr');
  /** Of each segment in a lane: its exact numbers and its length. */
  const segmentsIn = (lane: 2 | 3) =>
    rows.locator(`td:nth-child(${lane}) > span[title]`).evaluateAll((cells) =>
      cells.map((cell) => {
        const [, seq, ack] = /sequence number (\d+), acknowledgement (\d+)/.exec(cell.getAttribute('title')!)!;
        return `${seq} ${ack} ${/, (\d+)\u00a0B/.exec(cell.textContent!)?.[1] ?? 0}`;
      }),
    );
  for (const lane of [2, 3] as const) await expect.poll(() => segmentsIn(lane), { timeout: 15_000 }).toHaveLength(3); // the request, its answer, and the answer's acknowledgement
  const words = ({ seq, ack, payloadBytes }: Segment) => `${seq >>> 0} ${ack >>> 0} ${payloadBytes}`;
  const isOf = (address: string) => (each: Segment) => [each.source, each.destination].includes(`${address}:6379`);
  const [request] = await segmentsIn(2);
  expect(request).toMatch(/ 35$/); // *3 $3 SET $6 ladder $4 seen, as Redis clients write it
  expect(await segmentsIn(2)).toEqual((await atOnline.take()).filter(isOf(ADDRESS.online)).map(words));
  expect(await segmentsIn(3)).toEqual((await atTarget.take()).filter(isOf(ADDRESS.target)).map(words));
  await shoot(page, 'session-ladder');
  client.stdin!.end();
}

/** What a forecast on the page says of `name`. */
const foretold = (page: Page, name: string) => page.locator('dt', { hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd');

test('what a mapping would make of the connections of now is foretold as one types, and what it then makes of them is that', async ({ page }) => {
  test.setTimeout(90_000);
  const row = page.getByTestId('mapping-row');
  const connections = 6; // of the load, from as many addresses, and they stay open
  await load?.stop();
  load = startLoad(lab, { clients: connections, ratePerSecond: 60, seconds: 120 });
  await row.getByRole('link', { name: 'redis' }).click();
  await page.getByRole('link', { name: 'Edit' }).click();
  await expect(page.getByText(`From ${connections} addresses on these ports now`)).toBeVisible();
  await expect(foretold(page, 'sessions to copy, open now')).toHaveText(String(connections));
  await expect(foretold(page, 'copies asked for')).toHaveText('18 (×3)');
  await expect(foretold(page, 'copies that ports suffice for')).toHaveText('18 (×3)');
  await page.getByLabel('Multiplier').fill('5');
  await expect(foretold(page, 'copies asked for')).toHaveText('30 (×5)');
  await expect(foretold(page, 'copies that ports suffice for')).toHaveText('30 (×5)');
  await page.getByText('Whose addresses').click();
  await page.getByLabel('Source ports').fill('20000-20001'); // two more for each address, beside the client's own
  await expect(foretold(page, 'copies that ports suffice for')).toHaveText('18 (×3)');
  await expect(foretold(page, 'addresses that the pool lacks')).toHaveText(String(connections));
  const shortage = page.getByText('Ports suffice for 18 of 30 copies; the rest is counted as “No port free”. Needs 6 more addresses in the pool');
  await expect(shortage).toBeVisible();
  await page.getByRole('button', { name: 'Save mapping' }).click();

  await page.getByRole('button', { name: 'Start redis' }).click();
  await expect(page.getByRole('alertdialog').getByText('Ports suffice for 18 of 30 copies')).toBeVisible();
  await page.getByRole('button', { name: 'Start copying' }).click();
  await waitUntil(() => establishedOn(lab, 'target', 6379).length === 3 * connections, { what: 'three copies of each connection', timeoutMs: 10_000 });
  await expect(shortage).toBeVisible(); // now told by the agent, of the sessions that it copies
  await expect(page.getByRole('listitem', { name: 'online to target' })).toContainText('18 copies open');
  await page.goto(console_.url);
  await expect(row).toContainText('×5');
  await expect(row).toContainText('×3 open now');
  await expect(row).toContainText('ports do not suffice');
  await shoot(page, 'overview');
  expect(establishedOn(lab, 'target', 6379).length).toBe(3 * connections);

  await page.getByRole('button', { name: 'Stop redis' }).click();
  await row.getByRole('link', { name: 'redis' }).click();
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByLabel('Multiplier').fill('3');
  await page.getByLabel('Source ports').fill('1024-65535');
  await expect(foretold(page, 'copies that ports suffice for')).toHaveText('18 (×3)');
  await page.getByRole('button', { name: 'Save mapping' }).click();
  await expect(page.getByRole('heading', { name: 'redis' })).toBeVisible();
});

/** What the waterfall's table says of one account: stages and buckets by name. */
async function waterfall(page: Page, account: 'Sessions' | 'Exchanges' | 'Bytes'): Promise<Record<string, number>> {
  await page.getByRole('group', { name: 'Counted' }).getByRole('button', { name: account }).click();
  await expect(page.getByRole('button', { name: account, pressed: true })).toBeVisible();
  return page
    .getByTestId('ledger-table')
    .locator('tr[data-count]')
    .evaluateAll((rows) =>
      Object.fromEntries(rows.map((row) => [row.getAttribute('data-stage') ?? row.getAttribute('data-bucket'), Number(row.getAttribute('data-count'))])),
    );
}

const setsOf = async (redis: Redis): Promise<number> => redisCalls(await redis.info('commandstats')).set ?? 0;

test('the waterfall tells what both servers count: copies, exchanges and bytes, delivered and refused', async ({ page }) => {
  test.setTimeout(90_000);
  await load?.stop();
  load = undefined;
  await page.getByRole('button', { name: 'Start redis' }).click();
  await page.getByRole('button', { name: 'Start copying' }).click();
  await page.getByRole('row').filter({ hasText: 'redis' }).getByRole('link', { name: 'redis' }).click();
  await expect(page.getByText('Running').first()).toBeVisible();
  await page.getByRole('button', { name: /^Show \d+ empty buckets$/ }).click();
  await expect.poll(async () => (await waterfall(page, 'Sessions')).captured).toBe(0); // the account of a new run

  const before = [await setsOf(online), await setsOf(target)];
  for (let index = 10; index < 30; index++) expect(await cli('set', 'date', `value-${index}`)).toBe('OK\n');
  await expect.poll(async () => (await waterfall(page, 'Sessions')).answered, { timeout: 15_000 }).toBe(60);
  expect([(await setsOf(online)) - before[0]!, (await setsOf(target)) - before[1]!]).toEqual([20, 60]);
  const all = (count: number) => ({ captured: count, sampled: count, copied: count, delivered: count });
  const requestBytes = '*3\r\n$3\r\nset\r\n$4\r\ndate\r\n$8\r\nvalue-10\r\n'.length;
  const lost = ['sampledOut', 'midStreamSkipped', 'captureDrop', 'overLimit', 'noPortFree', 'unfillableGap', 'sendFailed', 'refusedByTarget', 'resetByTarget'];
  const empty = Object.fromEntries([...lost, 'closedEarlyByTarget', 'timedOut', 'stopped', 'inFlight'].map((bucket) => [bucket, 0]));
  expect(await waterfall(page, 'Sessions')).toEqual({ ...all(60), answered: 60, deliveredUnanswered: 0, ...empty });
  expect(await waterfall(page, 'Exchanges')).toEqual({ ...all(60), answered: 60, deliveredUnanswered: 0, ...empty });
  expect(await waterfall(page, 'Bytes')).toEqual({ ...all(60 * requestBytes), ...empty });
  await expect(page.locator('[data-packets=relayed]')).toBeVisible();

  // The target's service is gone: the same requests move one other bucket, and the page says what to do.
  await target.stop();
  for (let index = 10; index < 15; index++) await cli('set', 'date', `value-${index}`);
  await expect.poll(async () => (await waterfall(page, 'Sessions')).refusedByTarget, { timeout: 15_000 }).toBe(15);
  expect(await waterfall(page, 'Sessions')).toEqual({
    ...empty,
    captured: 75,
    sampled: 75,
    copied: 75,
    delivered: 60,
    answered: 60,
    deliveredUnanswered: 0,
    refusedByTarget: 15,
  });
  expect((await waterfall(page, 'Bytes')).refusedByTarget).toBe(15 * requestBytes);
  await page.getByRole('button', { name: 'Refused by target' }).click();
  await expect(page.getByText('check the service, its address and port')).toBeVisible();

  await shoot(page, 'ledger');
  await page.reload();
  await expect(page.getByTestId('ledger-table')).toHaveAttribute('data-account', 'bytes'); // the choice stands in the address

  target = await startRedis(lab, 'target');
  await page.getByRole('button', { name: 'Stop redis' }).click();
  await expect(page.getByRole('region', { name: 'Ledger' })).toContainText('when it was stopped', { timeout: 10_000 });
  await page.goto(console_.url);
});

test('an agent that comes back is told its desired state and converges', async ({ page }) => {
  test.setTimeout(60_000);
  const row = page.getByRole('row').filter({ hasText: 'redis' });
  await page.getByRole('button', { name: 'Start redis' }).click();
  await page.getByRole('button', { name: 'Start copying' }).click();
  await expect(row).toContainText('Running');
  const agent = agents.find(({ child }) => child.spawnargs.includes('online'))!;
  expect(await agent.stop()).toBe(0);
  agents.splice(agents.indexOf(agent), 1);
  await expect(row).toContainText(/online.*not connected/);
  agents.push(
    await startParallax(lab, 'online', PROGRAM, ['online', '--console', `ws+unix:${console_.socket}:/ws/agent`, '-i', 'eth0'], {
      PARALLAX_TOKEN: tokens.online!,
    }),
  );
  await expect(row).toContainText('Running');
  const value = `after ${Date.now()}`;
  await cli('set', 'date', value);
  await expect.poll(() => target.command('GET', 'date')).toBe(value);
  await page.getByRole('button', { name: 'Stop redis' }).click();
  await waitUntil(() => establishedOn(lab, 'target', 6379).length === 0, { what: 'no copy is open on the target', timeoutMs: 5000 });
});

test('an agent that spares its host says so on every page: why, for how long, and of how many sessions, as the ledger has them', async ({ page }) => {
  test.setTimeout(90_000);
  const row = page.getByTestId('mapping-row');
  await row.getByRole('link', { name: 'redis' }).click();
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByLabel('Multiplier').fill('1');
  await page.getByRole('button', { name: 'Save mapping' }).click();
  await expect(page.getByTestId('mapping-copying')).toContainText('×1');
  const agent = agents.find(({ child }) => child.spawnargs.includes('online'))!;
  expect(await agent.stop()).toBe(0);
  agents.splice(agents.indexOf(agent), 1);
  agents.push(
    await startParallax(lab, 'online', PROGRAM, ['online', '--console', `ws+unix:${console_.socket}:/ws/agent`, '-i', 'eth0', '--max-pps', '100'], {
      PARALLAX_TOKEN: tokens.online!,
    }),
  );
  await page.getByRole('button', { name: 'Start redis' }).click();
  await page.getByRole('button', { name: 'Start copying' }).click();
  await expect(page.getByText('Running').first()).toBeVisible();
  await page.getByRole('button', { name: /^Show \d+ empty buckets$/ }).click();
  const shed = page.locator('[data-packets=shed]');
  const isCopying = () => expect(page.getByTestId('mapping-reason')).toContainText('copying', { timeout: 30_000 });

  // Short enough for all of it to be in the last minute: one copy of each session, so the ledger counts what the agent says it left out.
  await startLoad(lab, { clients: 6, ratePerSecond: 400, seconds: 8, requestsPerConnection: 100 }).done;
  await isCopying();
  await expect(shed).toContainText('it has ended');
  const overLimit = async () => (await waterfall(page, 'Sessions')).overLimit!;
  await expect.poll(async () => Number(await shed.getAttribute('data-count')) - (await overLimit())).toBe(0);
  expect(await overLimit()).toBeGreaterThan(3);

  load = startLoad(lab, { clients: 6, ratePerSecond: 400, seconds: 120, requestsPerConnection: 100 });
  const why = /shedding, packets sent \d+\/s of 100\/s: new sessions are not copied/;
  await expect(page.getByTestId('mapping-reason')).toContainText(why);
  await expect(page.getByTestId('hop-online')).toContainText(why);
  await expect(page.getByTestId('hop-online')).toContainText('Degraded');
  await expect(shed).toContainText(/left out to spare the host for \d+.(ms|s): shedding, packets sent/);
  await expect(shed).toContainText(/\d+ sessions/);
  await page.getByRole('link', { name: 'Agents', exact: true }).click();
  const agentRow = page.locator('[data-testid=agent-row][data-agent=online]');
  await expect(agentRow).toContainText('Degraded');
  await expect(agentRow).toContainText(why);
  await page.getByRole('link', { name: 'Overview' }).click();
  await expect(row).toContainText('Degraded');
  await expect(row).toContainText(why);

  await load.stop();
  load = undefined;
  await row.getByRole('link', { name: 'redis' }).click();
  await isCopying();
  await page.getByRole('button', { name: 'Stop redis' }).click();
  await expect(page.getByRole('button', { name: 'Start redis' })).toBeVisible();
});
