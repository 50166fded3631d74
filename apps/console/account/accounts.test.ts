import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../store/store.ts';
import { temporaryStore } from '../testing/temporary-store.ts';
import { Accounts } from './accounts.ts';
import { isSameOrigin, readCookie } from './cookie.ts';
import { FailureLimit } from './rate-limit.ts';
import { hashPassword, isSameCode, newSetupCode, verifyPassword } from './secrets.ts';

let store: Store;
let accounts: Accounts;
beforeEach(async () => {
  store = await temporaryStore();
  accounts = new Accounts(store);
});
afterEach(() => store.close());

const person = { name: 'ada', password: 'correct horse' };

test('the code opens set-up once, however it is typed', async () => {
  const code = (await accounts.setupCode())!;
  expect(code).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}$/);
  await expect(accounts.setUp({ ...person, code: 'AAAA-AAAA-AAAA' }, 'peer')).rejects.toMatchObject({ field: 'code' });
  const token = await accounts.setUp({ ...person, code: ` ${code.toLowerCase().replaceAll('-', ' ')}` }, 'peer');
  expect((await accounts.userOf(token))?.name).toBe('ada');
  expect(await accounts.setupCode()).toBeNull();
  await expect(accounts.setUp({ ...person, name: 'eve', code }, 'peer')).rejects.toThrow('log in instead');
});

test('two set-ups with the code at once make one user', async () => {
  const code = (await accounts.setupCode())!;
  const results = await Promise.allSettled([accounts.setUp({ ...person, code }, 'p'), accounts.setUp({ ...person, name: 'eve', code }, 'p')]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
  expect(await store.listUsers()).toHaveLength(1);
});

test('log in, log out', async () => {
  await store.createUser({ name: 'ada', passwordHash: await hashPassword('correct horse') });
  const token = await accounts.logIn(person, 'peer');
  expect((await accounts.userOf(token))?.name).toBe('ada');
  await accounts.logOut(token);
  expect(await accounts.userOf(token)).toBeNull();
  expect(await accounts.userOf(undefined)).toBeNull();
});

test('a new password needs the current one and ends the logins elsewhere', async () => {
  await store.createUser({ name: 'ada', passwordHash: await hashPassword('correct horse') });
  const [here, elsewhere] = [await accounts.logIn(person, 'peer'), await accounts.logIn(person, 'peer')];
  const ada = (await accounts.userOf(here))!;
  await expect(accounts.changePassword(ada, { current: 'guess', password: 'battery staple' }, here, 'peer')).rejects.toMatchObject({ field: 'current' });
  await accounts.changePassword(ada, { current: 'correct horse', password: 'battery staple' }, here, 'peer');
  expect((await accounts.userOf(here))?.name).toBe('ada');
  expect(await accounts.userOf(elsewhere)).toBeNull();
  await expect(accounts.logIn(person, 'peer')).rejects.toThrow('name and password do not match');
  await accounts.logIn({ name: 'ada', password: 'battery staple' }, 'peer');
});

test('a wrong password and an unknown name answer alike, and after ten failures the name has to wait', async () => {
  await store.createUser({ name: 'ada', passwordHash: await hashPassword('correct horse') });
  for (const [index, name] of [...Array(10).fill('ada'), 'nobody'].entries()) {
    await expect(accounts.logIn({ name, password: 'wrong' }, `peer-${index}`)).rejects.toThrow('name and password do not match');
  }
  await expect(accounts.logIn(person, 'another peer')).rejects.toMatchObject({
    message: expect.stringMatching(/try again in \d+ s/),
    retryAfterMs: expect.any(Number),
  });
});

test('the wait ends when the failures are old enough', () => {
  const limit = new FailureLimit(2, 1_000);
  limit.fail('a', 0);
  limit.fail('a', 400);
  expect([limit.waitMs('a', 500), limit.waitMs('b', 500), limit.waitMs('a', 1_000)]).toEqual([500, 0, 0]);
  limit.clear('a');
  expect(limit.waitMs('a', 500)).toBe(0);
});

test('passwords are compared in their normal form, and a hash says how it was made', async () => {
  const hash = await hashPassword('pass\u00e9word!');
  expect(hash).toMatch(/^scrypt\$32768\$8\$1\$/);
  expect(await verifyPassword('passe\u0301word!', hash)).toBe(true);
  expect(await verifyPassword('password!', hash)).toBe(false);
  expect(await verifyPassword('password!', null)).toBe(false);
  expect(isSameCode(newSetupCode(), newSetupCode())).toBe(false);
});

test.each([
  ['the same host', { host: 'a:1', origin: 'http://a:1' }, true],
  ['another port', { host: 'a:1', origin: 'http://a:2' }, false],
  ['behind a proxy', { host: 'inside:1', origin: 'https://a', forwardedHost: 'a' }, true],
  ['none', { host: 'a:1' }, false],
  ['not an origin', { host: 'a:1', origin: 'null' }, false],
])('origin: %s', (_, headers, expected) => {
  expect(isSameOrigin(headers)).toBe(expected);
});

test('one cookie among others is read', () => {
  expect(readCookie('a=1; parallax_login=x=y; b=2', 'parallax_login')).toBe('x=y');
  expect(readCookie(undefined, 'parallax_login')).toBeUndefined();
});
