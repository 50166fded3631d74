import { everySession, realClients, wholeShare } from '@parallax/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runningHub } from '../testing/running-hub.ts';
import { assistantSample, histogram, mappingInput, onlineSample, sample } from '../testing/samples.ts';
import { comparisonSecond } from '../testing/seconds.ts';

let hub: Awaited<ReturnType<typeof runningHub>>;
let online: { id: string; token: string };
let assistant: { id: string; token: string };
beforeEach(async () => {
  hub = await runningHub({ pingEveryMs: 60_000 });
  online = await hub.control.createAgent({ name: 'web-1', role: 'online' }, 'ada');
  assistant = await hub.control.createAgent({ name: 'assist-1', role: 'assistant' }, 'ada');
});
afterEach(() => hub.close());

const newMapping = (change: Parameters<typeof mappingInput>[0] = {}) =>
  hub.control.createMapping(mappingInput({ onlineAgentId: online.id, assistantAgentId: assistant.id, ...change }), 'ada');
const start = (id: string) => hub.control.setDesired([id], 'running', 'ada');
const stateOf = (id: string) => hub.hub.status(id)?.state;

test('a started mapping reaches assistant and online agent, runs when reported, and stops at both', async () => {
  const [assist, web] = [await hub.join(assistant.token, 'assistant'), await hub.join(online.token, 'online')];
  const { id } = await newMapping();
  const door = await assist.next('desired', ({ relays }) => relays.length === 1);
  expect(stateOf(id)).toBe('stopped');

  await start(id);
  const told = await web.next('desired', ({ mappings }) => mappings.length === 1);
  expect(told.mappings).toEqual([
    {
      id,
      name: 'orders',
      listen: { address: null, port: 6379, lastPort: null },
      target: { address: '10.0.0.21', port: 6379, lastPort: null },
      multiplier: 3,
      pacing: 'response',
      midStream: 'boundary',
      adapter: 'turns',
      selection: everySession,
      sources: realClients,
      relay: { address: '10.0.0.22', port: 36_524, credential: door.relays[0] },
      moreRelays: [],
      share: wholeShare,
    },
  ]);
  expect(door.relays[0]).toEqual({ identity: online.id, key: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) });
  expect(stateOf(id)).toBe('starting');
  hub.report(web, told);
  await expect.poll(() => stateOf(id)).toBe('running');

  await hub.control.setDesired([id], 'stopped', 'ada');
  const after = await web.next('desired', ({ revision }) => revision > told.revision);
  expect(after.mappings).toEqual([]);
  expect(stateOf(id)).toBe('stopping');
  hub.report(web, after);
  await expect.poll(() => stateOf(id)).toBe('stopped');
});

test('two agents that feed one target get disjoint parts of its ports for as long as both do', async () => {
  const second = await hub.control.createAgent({ name: 'web-2', role: 'online' }, 'ada');
  await hub.join(assistant.token, 'assistant');
  const [one, two] = [await hub.join(online.token, 'online'), await hub.join(second.token, 'online')];
  const [first, other] = [await newMapping(), await newMapping({ name: 'other', onlineAgentId: second.id })];
  await start(first.id);
  const alone = await one.next('desired', ({ mappings }) => mappings.length === 1);
  expect(alone.mappings[0]?.share).toEqual(wholeShare);
  await start(other.id);
  const [mine, its] = [
    await one.next('desired', ({ revision }) => revision > alone.revision),
    await two.next('desired', ({ mappings }) => mappings.length === 1),
  ];
  expect([mine.mappings[0]?.share.count, its.mappings[0]?.share.count]).toEqual([2, 2]);
  expect(new Set([mine.mappings[0]?.share.index, its.mappings[0]?.share.index])).toEqual(new Set([0, 1]));
  await hub.control.setDesired([other.id], 'stopped', 'ada');
  expect((await one.next('desired', ({ revision }) => revision > mine.revision)).mappings[0]?.share).toEqual(wholeShare);
});

test('an agent is asked what its server has to do, and its answer comes back', async () => {
  const query = { listen: { address: null, port: 6379 }, ports: { first: 1024, last: 65_535 } };
  await expect(hub.control.askLoad(online.id, query)).rejects.toMatchObject({ status: 409, message: expect.stringContaining('is not connected') });
  await expect(hub.control.askLoad(assistant.id, query)).rejects.toMatchObject({ status: 409, message: expect.stringContaining('assistant agent') });
  const web = await hub.join(online.token, 'online');
  const load = {
    clients: [{ address: '10.0.0.1', sessions: 3, inside: 2, isLocal: false }],
    others: { clients: 0, sessions: 0, inside: 0 },
    opensPerSecond: 1.5,
  };
  const answer = hub.control.askLoad(online.id, query);
  const asked = await web.next('ask-load', () => true);
  expect(asked).toMatchObject(query);
  web.say({ type: 'load', id: asked.id, load, error: null });
  expect(await answer).toEqual(load);
  const refused = hub.control.askLoad(online.id, query);
  const again = await web.next('ask-load', ({ id }) => id > asked.id);
  web.say({ type: 'load', id: again.id, load: null, error: 'no tables' });
  await expect(refused).rejects.toMatchObject({ status: 502, message: 'no tables' });
});

test('mappings of one pair share its credential, and different pairs do not', async () => {
  const second = await hub.control.createAgent({ name: 'web-2', role: 'online' }, 'ada');
  await newMapping({ name: 'a', listen: { address: null, port: 1 } });
  await newMapping({ name: 'b', listen: { address: null, port: 2 } });
  await newMapping({ name: 'c', onlineAgentId: second.id });
  const [a, b, c] = [...hub.hub.mappings.values()];
  expect(a?.relayKey).toBe(b?.relayKey);
  expect(a?.relayKey).not.toBe(c?.relayKey);
  const assist = await hub.join(assistant.token, 'assistant');
  expect((await assist.next('desired')).relays.map((relay) => relay.identity).sort()).toEqual([online.id, second.id].sort());
});

test('a mapping whose assistant never connected waits, is not sent, and says why', async () => {
  const web = await hub.join(online.token, 'online');
  const { id } = await newMapping();
  await start(id);
  expect(hub.hub.status(id)).toMatchObject({ state: 'starting', reason: expect.stringContaining('assistant assist-1 has not told its relay address yet') });
  expect(web.messages.filter((message) => message.type === 'desired')).toHaveLength(1);
  await hub.join(assistant.token, 'assistant');
  await web.next('desired', ({ mappings }) => mappings.length === 1);
});

test('an agent that comes back is told again, with a higher revision', async () => {
  await hub.join(assistant.token, 'assistant');
  const web = await hub.join(online.token, 'online');
  const { id } = await newMapping();
  await start(id);
  const told = await web.next('desired', ({ mappings }) => mappings.length === 1);
  hub.report(web, told);
  await expect.poll(() => stateOf(id)).toBe('running');

  web.socket.terminate();
  await expect.poll(() => stateOf(id)).toBe('degraded');
  expect(hub.hub.status(id)?.reason).toMatch(/^online agent web-1 is not connected since \d{4}-.*its lease ends at/);
  hub.clock.aheadMs = 61_000;
  await expect.poll(() => stateOf(id), { timeout: 3_000 }).toBe('failed');

  const again = await hub.join(online.token, 'online');
  const retold = await again.next('desired', ({ mappings }) => mappings.length === 1);
  expect(retold.revision).toBeGreaterThan(told.revision);
  hub.report(again, retold);
  await expect.poll(() => stateOf(id)).toBe('running');
});

test('samples of an agent’s own mappings are kept with percentiles; those of others are not', async () => {
  await hub.join(assistant.token, 'assistant');
  const web = await hub.join(online.token, 'online');
  const { id } = await newMapping();
  const viewer = await hub.view().open();
  await viewer.next('snapshot');
  web.say(sample('another', Date.now()));
  web.say(sample(id, Date.now(), { latency: { online: histogram(100, 200, 300), target: null } }));
  const { sample: live } = await viewer.next('sample');
  expect(live.mappingId).toBe(id);
  expect(live.latency).toEqual({ online: { count: 3, p50Us: 200, p90Us: 300, p99Us: 300 }, target: { count: 0, p50Us: null, p90Us: null, p99Us: null } });
  expect(hub.hub.samples.of(id)).toEqual([live]);
  expect(hub.hub.samples.of('another')).toEqual([]);
});

test('a viewer gets the snapshot first and then every change', async () => {
  const viewer = await hub.view().open();
  const snapshot = await viewer.next('snapshot');
  expect(viewer.messages[0]).toBe(snapshot);
  expect(snapshot.agents.map((agent) => agent.name)).toEqual(['assist-1', 'web-1']);
  const { id } = await newMapping();
  expect(await viewer.next('mapping', (message) => message.definition?.id === id)).toMatchObject({ status: { state: 'stopped', desired: 'stopped' } });
  await hub.control.deleteMapping(id, 'ada');
  await viewer.next('mapping-removed', (message) => message.id === id);
  expect(JSON.stringify(viewer.messages)).not.toContain('relayKey');
});

test.each([
  ['without a login', { origin: 'HERE' }, 401],
  ['with a login that is not valid', { origin: 'HERE', cookie: 'parallax_login=bad' }, 401],
  ['from a page of another origin', { origin: 'http://evil.example', cookie: 'parallax_login=good' }, 403],
  ['without an origin', { cookie: 'parallax_login=good' }, 403],
])('a viewer %s is refused', async (_, headers, status) => {
  const { socket } = hub.view(Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, value === 'HERE' ? `http://${hub.host}` : value])));
  expect(await new Promise((resolve) => socket.on('unexpected-response', (_request, response) => resolve(response.statusCode)))).toBe(status);
});

test('logging out ends the viewer’s connection', async () => {
  const viewer = await hub.view().open();
  await viewer.next('snapshot');
  hub.live.logOut('good');
  expect((await viewer.closed).code).toBe(4401);
});

test('sessions are asked for once for all viewers, again after a reconnect, and no more when the last has gone', async () => {
  let web = await hub.join(online.token, 'online');
  const { id } = await newMapping();
  const [one, two] = [await hub.view().open(), await hub.view().open()];
  for (const viewer of [one, two]) viewer.say({ type: 'watch-sessions', mappingId: id });
  await web.next('watch-sessions', ({ on }) => on);
  const telling = setInterval(() => web.say({ type: 'sessions', mappingId: id, atMs: 1, total: 0, rows: [] }), 50); // the second viewer may ask after the first answer
  await Promise.all([one.next('sessions'), two.next('sessions')]).finally(() => clearInterval(telling));
  expect(web.messages.filter((message) => message.type === 'watch-sessions')).toHaveLength(1);

  web = await hub.join(online.token, 'online');
  await web.next('watch-sessions', ({ on }) => on);
  one.socket.close();
  two.say({ type: 'watch-sessions', mappingId: null });
  expect(await web.next('watch-sessions', ({ on }) => !on)).toEqual({ type: 'watch-sessions', mappingId: id, on: false, followed: [] });
});

test('what viewers follow segment by segment is asked for once, as long as one of them does', async () => {
  const web = await hub.join(online.token, 'online');
  const { id } = await newMapping();
  const [one, two] = [await hub.view().open(), await hub.view().open()];
  one.say({ type: 'watch-sessions', mappingId: id, sessionId: '7' });
  await web.next('watch-sessions', ({ followed }) => followed?.join() === '7');
  two.say({ type: 'watch-sessions', mappingId: id, sessionId: '7' });
  two.say({ type: 'watch-sessions', mappingId: id, sessionId: '8' });
  await web.next('watch-sessions', ({ followed }) => followed?.join() === '7,8');
  const trace = { sessionId: '8', clientIss: 1, onlineIss: null, copies: [], moments: [], omitted: 0 };
  web.say({ type: 'sessions', mappingId: id, atMs: 1, total: 0, rows: [], traces: [trace] });
  expect(await two.next('sessions', ({ traces }) => traces !== undefined)).toMatchObject({ traces: [trace] });
  one.socket.close();
  await web.next('watch-sessions', ({ followed }) => followed?.join() === '8');
  two.say({ type: 'watch-sessions', mappingId: id, sessionId: null });
  expect(await web.next('watch-sessions', ({ followed }) => followed?.length === 0)).toMatchObject({ on: true });
  expect(web.messages.filter((message) => message.type === 'watch-sessions')).toHaveLength(4);
});

test('a second of comparison is confirmed when it is stored, and only taken from the mapping’s own agent', async () => {
  const web = await hub.join(online.token, 'online');
  const { id } = await newMapping();
  const secondMs = Math.floor(Date.now() / 1000) * 1000 - 1000;
  web.say(comparisonSecond('another', secondMs, []));
  web.say(comparisonSecond(id, secondMs, [{ onlineUs: 100, targetUs: 200 }], { sequence: 7 }));
  expect(await web.next('comparison-stored')).toEqual({ type: 'comparison-stored', mappingId: id, run: 'run', sequence: 7 });
  const view = await hub.hub.asking.comparison(id, { fromMs: secondMs, toMs: secondMs + 1000, kind: null, stepS: null, measure: 'firstByte' });
  expect(view.points).toMatchObject([{ atMs: secondMs, online: { p50Us: 100 }, target: { p50Us: 200 } }]);
});

test('a restarted console knows what should run, and which relay it needs', async () => {
  await hub.join(assistant.token, 'assistant');
  const { id } = await newMapping();
  await start(id);
  const { Hub } = await import('./hub.ts');
  const second = await Hub.open({ store: hub.store, leaseMs: 60_000, log: { info() {}, warn() {}, error() {} } });
  expect(second.mappings.get(id)?.desired).toBe('running');
  expect(second.agents.get(assistant.id)?.record.relay).toEqual({ address: '10.0.0.22', port: 36_524 });
  await second.close();
});

test('the packets of both hosts reach the pages, and whoever comes later', async () => {
  const [assist, web] = [await hub.join(assistant.token, 'assistant'), await hub.join(online.token, 'online')];
  const told: string[] = [];
  hub.hub.bus.subscribe((message) => {
    if (message.type === 'agent-sample') told.push(`${message.agentId} ${message.sample.type}`);
  });
  assist.say(assistantSample({ relayDropped: 7 }));
  web.say(onlineSample({ relays: { dropped: 7, captureDropped: 0 } }));
  await expect.poll(() => told).toEqual(expect.arrayContaining([`${assistant.id} assistant-sample`, `${online.id} online-sample`]));
  const { agentSamples } = hub.hub.snapshot();
  expect(agentSamples![assistant.id]).toMatchObject([{ packets: { relayDropped: 7 } }]);
  expect(agentSamples![online.id]).toMatchObject([{ relays: { dropped: 7 } }]);
});
