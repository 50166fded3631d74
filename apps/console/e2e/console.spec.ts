// The console on its own: everything an operator can do before the first agent has connected.
import { account, expect, logIn, setUp, shoot, test } from './fixtures.ts';

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

test('which sessions and whose addresses: wrong ones are named as one types, against other mappings too, and the command follows', async ({ page, server }) => {
  test.setTimeout(60_000);
  await logIn(page, server);
  await page.goto(`${server.url}/mappings/new`);
  const form = page.getByRole('form', { name: 'New mapping' });
  const command = page.getByRole('figure', { name: 'Stand-alone online command' });
  await shoot(page, 'form-empty');
  await page.getByLabel('Name').fill('other');
  await page.getByLabel('Online agent').selectOption({ label: 'web-1 (never connected)' });
  await page.getByLabel('Listen port').fill('6379');
  await page.getByLabel('Target address').fill('10.90.1.21');
  await page.getByLabel('Target port').fill('6379');
  await expect(form).toContainText(
    'mapping "orders" already copies port 6379 of this agent to 10.90.1.21:6379: raise its multiplier, or choose another target',
  );
  await page.getByLabel('Listen address').fill('10.90.1.20');
  await page.getByLabel('Target address').fill('10.90.1.20');
  await expect(form).toContainText('10.90.1.20:6379 leads back to where this mapping listens: copies would be copied without end');
  await page.getByLabel('Listen port').fill('8000-8010');
  await page.getByLabel('Target address').fill('10.90.1.23');
  await page.getByLabel('Target port').fill('9000-9009');
  await expect(form).toContainText('11 ports lead to 10: give as many, up to 9010, or only the first for all');
  await page.getByLabel('Target port').fill('9000-9010');
  await page.getByLabel('Multiplier').fill('2.5');

  await form.getByText('Which sessions').click();
  await page.getByLabel('Percentage').fill('130');
  await expect(form).toContainText('percentage 130 is above 100');
  await page.getByLabel('Only clients of').fill('10.0.0.0/8, 10.1.0.0/16');
  await expect(form).toContainText('10.0.0.0/8 and 10.1.0.0/16 overlap: leave one of them out');
  await page.getByLabel('But not of').fill('10.0.0.1/8');
  await expect(form).toContainText('10.0.0.1/8 has bits behind its prefix: the network is 10.0.0.0/8');
  await page.getByLabel('Sessions at a time').fill('0');
  await expect(form).toContainText('bound on sessions 0 is below 1');
  await form.getByText('Whose addresses').click();
  await page.getByLabel('Pool of addresses').fill('10.95.0.0/24, 10.95.0.8/29');
  await expect(form).toContainText('10.95.0.0/24 and 10.95.0.8/29 overlap: leave one of them out');
  await page.getByLabel('Source ports').fill('900-80');
  await expect(form).toContainText('the last port 80 is below the first, 900');
  await shoot(page, 'form-errors');

  await page.getByLabel('Percentage').fill('30');
  await page.getByLabel('Drawn').selectOption('client');
  await page.getByLabel('Only clients of').fill('10.0.0.0/8');
  await page.getByLabel('But not of').fill('10.1.0.0/16');
  await page.getByLabel('Sessions at a time').fill('500');
  await page.getByLabel('Begin with %').fill('1');
  await page.getByLabel('Steps').fill('5');
  await page.getByLabel('Seconds each').fill('60');
  await page.getByLabel('Source ports').fill('20000-29999');
  await page.getByLabel('Pool of addresses').fill('10.90.1.0/24');
  await expect(form).toContainText('10.90.1.0/24 holds 10.90.1.23, an address of the target: name addresses that nobody has');
  await page.getByLabel('Pool of addresses').fill('10.90.1.21');
  await expect(form).toContainText('10.90.1.21 is an address of the target of mapping "orders": name addresses that nobody has');
  await page.getByLabel('Pool of addresses').fill('10.95.0.0/29');
  await page.getByLabel('Local clients appear as').fill('10.95.1.1');
  await expect(command).toContainText(
    'bin/parallax online -x 10.90.1.20:8000..8010-10.90.1.23:9000..9010 -s ASSISTANT:36524 -n 2.5 -r 30 --select-by client --clients 10.0.0.0/8 ' +
      '--not-clients 10.1.0.0/16 --max-sessions 500 -g 1:5:60 --pool 10.95.0.0/29 -H 10.95.1.1 --ports 20000-29999',
  );
  await page.getByLabel('Copies come from').selectOption('address');
  await page.getByLabel('That address').fill('10.96.0.7');
  await expect(command).toContainText('-c 10.96.0.7 --pool 10.95.0.0/29');
  await expect(page.getByText('The online agent is not connected')).toBeVisible();
  await shoot(page, 'form-filled');
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
  await expect(page.getByText(/this is how it was at \d\d:\d\d:\d\d/)).toBeVisible();
  await shoot(page, 'connection-lost');
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await expect(page.getByText('other pages open again once it does')).toBeVisible();
  await expect(page.getByTestId('mapping-row')).toContainText('orders');
  await server.start();
  expect(server.setupCode).not.toBeNull();
  await expect(page.getByRole('banner').getByText('Live')).toBeVisible({ timeout: 15_000 });
  await expect(page.locator('main')).not.toHaveAttribute('data-stale');
  await expect(page.getByTestId('mapping-row')).toContainText('orders');
});

test('a connection that falls silent is lost, though nothing has closed it', async ({ page, server }) => {
  let isSilent = false;
  await page.routeWebSocket(/\/ws\/live$/, (socket) => {
    if (isSilent) return void socket.close(); // what comes after the silence begins anew
    const console_ = socket.connectToServer();
    console_.onMessage((message) => {
      if (!isSilent) socket.send(message);
    });
  });
  await page.clock.install();
  await logIn(page, server);
  isSilent = true;
  await page.clock.fastForward(13_000); // the page waits for 12 s
  await expect(page.getByText('Connection lost')).toBeVisible();
  await expect(page.locator('main')).toHaveAttribute('data-stale', 'true');
  isSilent = false;
  await expect(page.getByRole('banner').getByText('Live')).toBeVisible({ timeout: 30_000 });
  await expect(page.locator('main')).not.toHaveAttribute('data-stale');
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

test('a token for scripts is shown once with its command, may read, and is refused once revoked', async ({ page, server, request }) => {
  await logIn(page, server);
  await page.goto(`${server.url}/settings`);
  const make = async (name: string) => {
    await page.getByLabel('Token name').fill(name);
    await page.getByRole('button', { name: 'Make token' }).click();
  };
  await make('');
  await expect(page.getByText('a name is needed')).toBeVisible();
  await make('ci');
  const command = page.getByRole('figure', { name: 'Command with the token of ci' });
  await expect(command).toContainText(`bin/parallax verdict --console ${server.url} --mapping NAME`);
  const token = /PARALLAX_API_TOKEN=(plxt_[\w-]{43}) /.exec((await command.textContent()) ?? '')?.[1];
  const row = page.getByTestId('token-row').filter({ hasText: 'ci' });
  await expect(row).toContainText(/by ada.*never/);
  await make('ci');
  await expect(page.getByText('a token named "ci" exists already')).toBeVisible();
  const status = async () => (await request.get(`${server.url}/api/v1/mappings`, { headers: { authorization: `Bearer ${token}` } })).status();
  expect(await status()).toBe(200);
  await page.reload();
  await expect(row).not.toContainText('never');
  await expect(page.locator('body')).not.toContainText(token!);
  await row.getByRole('button', { name: 'Revoke token ci' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke token' }).click();
  await expect(page.getByText('None yet.')).toBeVisible();
  expect(await status()).toBe(401);
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
