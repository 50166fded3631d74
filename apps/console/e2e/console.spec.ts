// The console on its own: everything an operator can do before the first agent has connected.
import { account, expect, logIn, setUp, test } from './fixtures.ts';

test.describe.configure({ mode: 'serial' });

test('the first account needs the code that the console printed', async ({ page, server }) => {
  await page.goto(`${server.url}/agents`);
  await expect(page).toHaveURL(/\/setup$/);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText('the code printed by the console is needed')).toBeVisible();
  await page.getByLabel('Setup code').fill('AAAA-AAAA-AAAA');
  await page.getByLabel('Name').fill(account.name);
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText('the password needs at least 10 characters')).toBeVisible();
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText('this is not the code that the console printed')).toBeVisible();

  await setUp(page, server);
  await expect(page.getByRole('heading', { name: 'Nothing is mirrored yet' })).toBeVisible();
});

test('pages and API are for those who are logged in', async ({ page, server, request }) => {
  expect((await request.get(`${server.url}/api/v1/agents`)).status()).toBe(401);
  expect((await request.post(`${server.url}/api/v1/stop-all`)).status()).toBe(401);
  expect((await request.get(`${server.url}/api/health`)).status()).toBe(200);
  await page.goto(`${server.url}/mappings/new`);
  await expect(page).toHaveURL(/\/login$/);
  await page.getByLabel('Name').fill(account.name);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByText('name and password do not match')).toBeVisible();

  await logIn(page, server);
  const evil = await page.request.post(`${server.url}/api/v1/stop-all`, { headers: { origin: 'http://evil.example' } });
  expect(evil.status()).toBe(403);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await page.goto(server.url);
  await expect(page).toHaveURL(/\/login$/);
});

test('an added agent comes with the command that starts it', async ({ page, server }) => {
  await logIn(page, server);
  await page.getByRole('link', { name: 'Add online agent' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add agent' });
  await dialog.getByLabel('Agent name').fill('web 1');
  await expect(dialog.getByText('letters, digits, dot, dash and underscore only')).toBeVisible();
  await dialog.getByLabel('Agent name').fill('web-1');
  await dialog.getByRole('button', { name: 'Add agent' }).click();

  const join = page.getByRole('dialog', { name: 'Start web-1' });
  const url = `ws://${new URL(server.url).host}/ws/agent`;
  await expect(join.getByRole('figure', { name: 'Command that starts web-1' })).toContainText(`bin/parallax online --console ${url} -i eth0`);
  await expect(join.getByRole('figure', { name: 'Command that starts web-1' })).toContainText(/PARALLAX_TOKEN=plxa_[\w-]{43} /);
  await expect(join.getByText(/the unused token expires in \d+\smin/)).toBeVisible();
  await join.getByRole('button', { name: 'Close' }).last().click();
  const row = page.getByTestId('agent-row').filter({ hasText: 'web-1' });
  await expect(row).toContainText('Not connected');
  await expect(row).toContainText('never connected');

  await page.getByRole('button', { name: 'Add agent' }).click();
  await page.getByLabel('Role').selectOption('assistant');
  await page.getByLabel('Agent name').fill('web-1');
  await page.getByRole('dialog').getByRole('button', { name: 'Add agent' }).click();
  await expect(page.getByText('an agent named "web-1" exists already')).toBeVisible();
  await page.getByLabel('Agent name').fill('assist-1');
  await page.getByRole('dialog').getByRole('button', { name: 'Add agent' }).click();
  await page.getByRole('dialog', { name: 'Start assist-1' }).getByRole('button', { name: 'Close' }).last().click();
  await expect(page.getByRole('banner')).toContainText('0 of 2 agents connected');
});

test('the mapping form says what is wrong as one types, and the command that does the same', async ({ page, server }) => {
  await logIn(page, server);
  await page.getByRole('link', { name: 'New mapping' }).click();
  await page.getByLabel('Name').fill('orders');
  await page.getByLabel('Online agent').selectOption({ label: 'web-1 (never connected)' });
  await page.getByLabel('Listen port').fill('70000');
  await expect(page.getByText('port 70000 is outside 1-65535')).toBeVisible();
  await page.getByLabel('Listen port').fill('6379');
  await page.getByLabel('Target address').fill('127.0.0.1');
  await page.getByLabel('Target port').fill('6379');
  await expect(page.getByText('127.0.0.1 is this host itself')).toBeVisible();
  await page.getByLabel('Target address').fill('10.90.1.21');
  await page.getByLabel('Multiplier').fill('0');
  await expect(page.getByText('multiplier 0 is below 0.01')).toBeVisible();
  await page.getByLabel('Multiplier').fill('3');
  await expect(page.getByRole('figure', { name: 'Stand-alone online command' })).toContainText(
    'bin/parallax online -x 6379-10.90.1.21:6379 -s ASSISTANT:36524 -n 3',
  );
  await page.getByRole('button', { name: 'Create mapping' }).click();
  await expect(page.getByText('choose the assistant agent', { exact: true }).last()).toBeVisible();
  await page.getByLabel('Assistant agent').selectOption({ label: 'assist-1 (never connected)' });
  await page.getByRole('button', { name: 'Create mapping' }).click();

  await expect(page.getByRole('heading', { name: 'orders' })).toBeVisible();
  await expect(page.getByTestId('mapping-reason')).toContainText('nothing is sent to the target; online agent web-1 has never connected');
  for (const panel of ['Path', 'Latency', 'Throughput', 'Ledger', 'Sessions', 'Events', 'Routes'])
    await expect(page.getByRole('region', { name: panel })).toBeVisible();
  await expect(page.getByText('Waiting for the first sample').first()).toBeVisible();
});

test('starting says first what will be sent where; a running mapping cannot be deleted, nor given another online agent', async ({ page, server }) => {
  await logIn(page, server);
  const row = page.getByTestId('mapping-row').filter({ hasText: 'orders' });
  await row.getByRole('button', { name: 'Start orders' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Start “orders”?' });
  await expect(dialog).toContainText('is sent 3 times to 10.90.1.21:6379');
  await expect(dialog).toContainText('are not connected');
  await dialog.getByRole('button', { name: 'Start copying' }).click();
  await expect(row).toContainText('Failed');
  await expect(row).toContainText('online agent web-1 has never connected: start it with the command from Agents');

  await row.getByRole('link', { name: 'orders' }).click();
  await expect(page.getByRole('button', { name: 'Delete' })).toBeDisabled();
  await page.getByRole('link', { name: 'Edit' }).click();
  await expect(page.getByLabel('Online agent')).toBeDisabled();
  await page.getByLabel('Target address').fill('10.90.1.23');
  await expect(page.getByText('Copies that are open to 10.90.1.21:6379 are reset')).toBeVisible();
  await page.getByLabel('Target address').fill('10.90.1.21');
  await page.getByLabel('Multiplier').fill('5');
  await page.getByRole('button', { name: 'Save mapping' }).click();
  await expect(page.getByRole('region', { name: 'Events' })).toContainText('×5');
});

test('stop all asks, then stops', async ({ page, server }) => {
  await logIn(page, server);
  await page.getByRole('button', { name: 'Stop all' }).click();
  await page.getByRole('alertdialog', { name: 'Stop 1 mapping?' }).getByRole('button', { name: 'Stop 1 mapping' }).click();
  await expect(page.getByTestId('mapping-row')).toContainText('Stopped');
  await expect(page.getByRole('button', { name: 'Stop all' })).toBeDisabled();
});

test('an agent in use is not deleted, and the reason names the mapping', async ({ page, server }) => {
  await logIn(page, server);
  await page.getByRole('link', { name: 'Agents', exact: true }).click();
  await page.getByRole('button', { name: 'Delete agent web-1' }).click();
  await page.getByRole('button', { name: 'Delete agent', exact: true }).click();
  await expect(page.getByRole('alertdialog')).toContainText('web-1 is used by "orders"');
  await page.getByRole('button', { name: 'Cancel' }).click();
});

test('a console that is gone shows in the header, and the page recovers by itself', async ({ page, server }) => {
  await logIn(page, server);
  expect(await server.stop()).toBe(0);
  await expect(page.getByText('Connection lost')).toBeVisible();
  await expect(page.locator('main')).toHaveAttribute('data-stale', 'true');
  await server.start();
  expect(server.setupCode).not.toBeNull();
  await expect(page.getByRole('banner').getByText('Live')).toBeVisible({ timeout: 15_000 });
  await expect(page.locator('main')).not.toHaveAttribute('data-stale');
  await expect(page.getByTestId('mapping-row')).toContainText('orders');
});

test('the theme is kept, and every place can be reached with the keyboard', async ({ page, server }) => {
  await logIn(page, server);
  await page.getByRole('button', { name: /^Theme: system/ }).click();
  await page.getByRole('button', { name: /^Theme: light/ }).click();
  await expect(page.locator('html')).toHaveClass(/dark/);
  await page.reload();
  await expect(page.locator('html')).toHaveClass(/dark/);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  for (const name of ['Parallax', 'Overview', 'Agents', 'Settings']) {
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name, exact: true })).toBeFocused();
  }
  await page.keyboard.press('Enter');
  await expect(page.getByRole('table', { name: 'Accounts' })).toContainText(account.name);
});

test('the password is changed with the current one, and logs in from then on', async ({ page, server }) => {
  await logIn(page, server);
  await page.goto(`${server.url}/settings`);
  const change = async (current: string) => {
    await page.getByLabel('Current password').fill(current);
    await page.getByLabel('New password').fill('staple staple');
    await page.getByRole('button', { name: 'Change password' }).click();
  };
  await change('a guess');
  await expect(page.getByText('this is not the current password')).toBeVisible();
  await expect(page).toHaveURL(/settings$/);
  await change(account.password);
  await expect(page.getByText('Password changed')).toBeVisible();
  await page.context().clearCookies();
  account.password = 'staple staple';
  await logIn(page, server);
});
