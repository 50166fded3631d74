// What every database behind the store must do. Run against SQLite with the unit tests, against PostgreSQL with the lab tests.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hello, mappingInput } from '../testing/samples.ts';
import { NameTaken, type Store } from './store.ts';

export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store?.close());

    test('the first user appears, and a second of the name is refused', async () => {
      expect(await store.hasUser()).toBe(false);
      const user = await store.createUser({ name: 'ada', passwordHash: 'x' });
      expect(await store.hasUser()).toBe(true);
      expect(await store.findUser('ada')).toEqual(user);
      expect(await store.findUser('Ada')).toBeNull();
      await expect(store.createUser({ name: 'ada', passwordHash: 'y' })).rejects.toBeInstanceOf(NameTaken);
    });

    test('a login finds its user until it expires or is ended', async () => {
      const user = await store.createUser({ name: 'grace', passwordHash: 'x' });
      await store.createLogin({ tokenHash: 'a', userId: user.id, expiresAtMs: 2_000 });
      await store.createLogin({ tokenHash: 'b', userId: user.id, expiresAtMs: 9_000 });
      expect((await store.findLogin('a', 1_999))?.name).toBe('grace');
      expect(await store.findLogin('a', 2_000)).toBeNull();
      await store.deleteExpiredLogins(5_000);
      expect(await store.findLogin('a', 0)).toBeNull();
      await store.createLogin({ tokenHash: 'c', userId: user.id, expiresAtMs: 9_000 });
      await store.deleteOtherLogins(user.id, 'b');
      expect(await store.findLogin('c', 0)).toBeNull();
      await store.setPasswordHash(user.id, 'y');
      expect((await store.findLogin('b', 0))?.passwordHash).toBe('y');
      await store.deleteLogin('b');
      expect(await store.findLogin('b', 0)).toBeNull();
    });

    test('an agent’s token expires only while it was never used, and what it told is kept', async () => {
      const made = await store.createAgent({ name: 'assist', role: 'assistant', tokenHash: 't1', tokenExpiresAtMs: 5_000 });
      expect(made).toMatchObject({ tokenExpiresAtMs: 5_000, lastSeenAtMs: null, facts: null, relay: null });
      await store.recordHello(made.id, hello('assistant'), 1_000);
      const known = await store.findAgentByToken('t1');
      expect(known).toMatchObject({ id: made.id, tokenExpiresAtMs: null, lastSeenAtMs: 1_000, relay: { address: '10.0.0.22', port: 36_524 } });
      expect(known?.facts).toEqual(hello('assistant').facts);
      await store.recordHello(made.id, hello('assistant', { relay: null }), 1_500);
      expect((await store.findAgentByToken('t1'))?.relay).toEqual({ address: '10.0.0.22', port: 36_524 });
      await store.recordSeen(made.id, 2_000);
      expect((await store.listAgents()).map(({ name, lastSeenAtMs }) => [name, lastSeenAtMs])).toEqual([['assist', 2_000]]);
      await expect(store.createAgent({ name: 'assist', role: 'online', tokenHash: 't2', tokenExpiresAtMs: 1 })).rejects.toBeInstanceOf(NameTaken);
    });

    test('a mapping keeps every field through making, changing and starting', async () => {
      const online = await store.createAgent({ name: 'web', role: 'online', tokenHash: 't3', tokenExpiresAtMs: 1 });
      const assistant = await store.createAgent({ name: 'assist-2', role: 'assistant', tokenHash: 't4', tokenExpiresAtMs: 1 });
      const input = mappingInput({ onlineAgentId: online.id, assistantAgentId: assistant.id });
      const relay = { relayIdentity: online.id, relayKey: 'a2V5' };
      const made = await store.createMapping(input, relay);
      expect(made).toMatchObject({ ...input, ...relay, desired: 'stopped' });
      await expect(store.createMapping(input, relay)).rejects.toBeInstanceOf(NameTaken);

      const changed = {
        ...input,
        listen: { address: '2001:db8::1', port: 80, lastPort: 89 },
        target: { address: '2001:db8::2', port: 8080, lastPort: 8089 },
        multiplier: 0.25,
        pacing: 'timing' as const,
        midStream: 'immediate' as const,
        adapter: 'redis' as const,
        selection: {
          percent: 12.5,
          by: 'client' as const,
          include: ['10.0.0.0/8'],
          exclude: ['10.1.0.0/16'],
          maxSessions: 7,
          ramp: { fromPercent: 1, steps: 5, stepSeconds: 60 },
        },
        sources: {
          identity: 'pool' as const,
          address: null,
          pool: ['fd95::/120'],
          loopbackAs: 'fd96::1',
          ports: { first: 20_000, last: 29_999 },
        },
      };
      expect(await store.updateMapping(made.id, changed, relay)).toMatchObject(changed);
      await store.setDesired([made.id], 'running');
      expect(await store.listMappings()).toMatchObject([{ ...changed, desired: 'running' }]);

      await expect(store.deleteAgent(online.id)).rejects.toThrow();
      await store.deleteMapping(made.id);
      await store.deleteAgent(online.id);
      expect(await store.listMappings()).toEqual([]);
      expect(await store.findAgentByToken('t3')).toBeNull();
    });

    test('spans come back as they were put, in order, and a second put replaces the first', async () => {
      const bytes = (...values: number[]) => Uint8Array.from(values);
      const span = (mappingId: string, stepS: number, atMs: number, value: number) => ({
        mappingId,
        stepS,
        atMs,
        total: bytes(value, 255),
        kinds: bytes(0, value),
      });
      const nowMs = 1_795_000_000_000;
      expect(await store.lastSpanAtMs('m1', 1)).toBeNull();
      await store.putSpans([]);
      await store.putSpans([span('m1', 1, nowMs + 1000, 2), span('m1', 1, nowMs, 1), span('m1', 10, nowMs, 9), span('m2', 1, nowMs, 8)]);
      await store.putSpans([span('m1', 1, nowMs + 1000, 3), span('m1', 1, nowMs + 5000, 4)]);
      const range = { mappingId: 'm1', stepS: 1, fromMs: nowMs, toMs: nowMs + 5000 };
      const read = async (part: 'total' | 'kinds') => (await store.listSpans({ ...range, part })).map(({ atMs, packed }) => [atMs - nowMs, ...packed]);
      expect(await read('total')).toEqual([
        [0, 1, 255],
        [1000, 3, 255],
      ]);
      expect(await read('kinds')).toEqual([
        [0, 0, 1],
        [1000, 0, 3],
      ]);
      expect(await store.listSpanTimes({ ...range, toMs: nowMs + 6000 })).toEqual([nowMs, nowMs + 1000, nowMs + 5000]);
      expect(await store.lastSpanAtMs('m1', 1)).toBe(nowMs + 5000);
      await store.trimSpans('m1', 1, nowMs + 1000);
      expect(await read('total')).toEqual([[1000, 3, 255]]);
      expect(await store.lastSpanAtMs('m1', 10)).toBe(nowMs);
      await store.deleteMapping('m1');
      expect(await store.lastSpanAtMs('m1', 10)).toBeNull();
      expect(await store.lastSpanAtMs('m2', 1)).toBe(nowMs);
    });

    test('a token is found by its hash, tells when it was used, and is gone when deleted', async () => {
      const made = await store.createApiToken({ name: 'ci', tokenHash: 'h', createdBy: 'ada' });
      expect(made).toMatchObject({ name: 'ci', createdBy: 'ada', lastUsedAtMs: null });
      await expect(store.createApiToken({ name: 'ci', tokenHash: 'i', createdBy: 'ada' })).rejects.toBeInstanceOf(NameTaken);
      await store.recordTokenUse(made.id, 5_000);
      expect(await store.findApiToken('h')).toEqual({ ...made, lastUsedAtMs: 5_000 });
      expect(await store.listApiTokens()).toHaveLength(1);
      await store.deleteApiToken(made.id);
      expect(await store.findApiToken('h')).toBeNull();
    });

    test('events come newest first, of a mapping and of its agents, and the oldest are trimmed', async () => {
      const event = (text: string, mappingId: string | null, agentId: string | null = null) =>
        store.addEvent({ atMs: 1_000, level: 'info', agentId, mappingId, text });
      await event('1', 'm1');
      await event('2', 'm2');
      await event('3', null, 'a1');
      await event('4', null, 'a2');
      await event('5', 'm1', 'a1');
      const texts = async () => (await store.listEvents({ mappingId: 'm1', agentIds: ['a1'], limit: 10 })).map((one) => one.text);
      expect(await texts()).toEqual(['5', '3', '1']);
      expect(await store.listEvents({ mappingId: 'm1', agentIds: [], limit: 1 })).toEqual([
        { atMs: 1_000, level: 'info', agentId: 'a1', mappingId: 'm1', text: '5' },
      ]);
      await store.trimEvents(3);
      expect(await texts()).toEqual(['5', '3']);
    });
  });
}
