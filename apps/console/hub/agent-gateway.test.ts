import { PROTOCOL_VERSION } from '@parallax/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runningHub } from '../testing/running-hub.ts';
import { hello, mappingInput, sample } from '../testing/samples.ts';

let hub: Awaited<ReturnType<typeof runningHub>>;
beforeEach(async () => {
  hub = await runningHub({ helloWithinMs: 200, pingEveryMs: 100 });
});
afterEach(() => hub.close());

const newAgent = (name: string, role: 'online' | 'assistant' = 'online') => hub.control.createAgent({ name, role }, 'ada');

/** What the upgrade answers instead of a WebSocket. */
async function refusal(token: string): Promise<string> {
  const { socket } = hub.connect(token);
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => {
      let text = `${response.statusCode} `;
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text.trim()));
    });
  });
}

test('a token nobody was given is refused with the reason', async () => {
  expect(await refusal('plxa_wrong')).toMatch(/^401 this token is not known/);
});

test('a token not used within its hour has expired; one that was used has not', async () => {
  const [unused, used] = [await newAgent('a'), await newAgent('b')];
  await hub.join(used.token, 'online');
  hub.clock.aheadMs = 3_600_001;
  expect(await refusal(unused.token)).toMatch(/^401 this token was not used within its hour/);
  await hub.join(used.token, 'online');
});

test('an agent is welcomed by name with the lease, told what to do and given heartbeats', async () => {
  const { id, token } = await newAgent('web-1');
  const agent = await hub.join(token, 'online');
  expect(agent.messages.slice(0, 2)).toEqual([
    { type: 'welcome', agentId: id, agentName: 'web-1', leaseMs: 60_000 },
    { type: 'desired', revision: expect.any(Number), mappings: [], relays: [] },
  ]);
  expect(hub.hub.agentViews()).toMatchObject([{ name: 'web-1', connected: true, version: '0.1.0', facts: { hostname: 'web' } }]);
});

test('heartbeats come four times in a short lease', async () => {
  const short = await runningHub({ leaseMs: 400 });
  const { token } = await short.control.createAgent({ name: 'a', role: 'online' }, 'ada');
  const agent = await short.join(token, 'online');
  await agent.next('heartbeat', (message) => message.sequence === 2);
  await short.close();
});

test.each([
  [
    'of another protocol',
    hello('online', { protocol: 7 }),
    4000,
    `this agent speaks protocol 7, this console ${PROTOCOL_VERSION}: install the same release of Parallax on both`,
  ],
  ['of the other role', hello('assistant'), 4000, 'this token is for online agent web-1, but the agent that uses it has the role assistant'],
])('an agent %s is refused in words', async (_, first, code, reason) => {
  const agent = await hub.connect((await newAgent('web-1')).token).open();
  agent.say(first);
  expect((await agent.next('refusal')).reason).toBe(reason);
  expect((await agent.closed).code).toBe(code);
});

test.each([
  ['no JSON', 'hello?'],
  ['not a hello', JSON.stringify({ type: 'heartbeat-seen', sequence: 1 })],
  ['a hello without facts', JSON.stringify({ type: 'hello', protocol: PROTOCOL_VERSION })],
])('a first message that is %s closes with 1008', async (_, text) => {
  const agent = await hub.connect((await newAgent('web-1')).token).open();
  agent.socket.send(text);
  expect((await agent.closed).code).toBe(1008);
});

test('silence after connecting is refused', async () => {
  const agent = await hub.connect((await newAgent('web-1')).token).open();
  expect((await agent.next('refusal')).reason).toBe('no hello within 0.2 s');
});

test('a malformed message later closes with 1008 and says so in the events; nothing else suffers', async () => {
  const [bad, good] = [await newAgent('bad'), await newAgent('good')];
  const [badAgent, goodAgent] = [await hub.join(bad.token, 'online'), await hub.join(good.token, 'online')];
  const viewer = await hub.view().open();
  await viewer.next('snapshot');
  badAgent.say({ type: 'state', revision: 'one' });
  expect(await badAgent.closed).toEqual({ code: 1008, reason: expect.stringContaining('revision') });
  expect((await viewer.next('event', ({ event }) => event.level === 'error')).event.text).toMatch(/^bad sent what this console does not understand: revision/);
  expect(goodAgent.socket.readyState).toBe(1);
});

test('a histogram that is none closes with 1008', async () => {
  const [online, assistant] = [await newAgent('web-1'), await newAgent('assist-1', 'assistant')];
  const { id } = await hub.control.createMapping(mappingInput({ onlineAgentId: online.id, assistantAgentId: assistant.id }), 'ada');
  const agent = await hub.join(online.token, 'online');
  agent.say(sample(id, Date.now(), { latency: { online: 'AAAA', target: null } }));
  expect((await agent.closed).code).toBe(1008);
});

test('more than 1 MiB in one message ends the connection', async () => {
  const agent = await hub.join((await newAgent('web-1')).token, 'online');
  agent.socket.send('x'.repeat((1 << 20) + 1));
  expect((await agent.closed).code).toBe(1009);
});

test('a second connection with the same token replaces the first, which does not count as gone', async () => {
  const { id, token } = await newAgent('web-1');
  const first = await hub.join(token, 'online');
  await hub.join(token, 'online');
  expect(await first.closed).toEqual({ code: 4001, reason: 'replaced: another connection uses the same token' });
  expect(hub.hub.agents.get(id)?.view.connected).toBe(true);
});

test('a socket that answers no ping is given up', async () => {
  const { id, token } = await newAgent('web-1');
  const agent = await hub.join(token, 'online');
  agent.socket.pause();
  await expect.poll(() => hub.hub.agents.get(id)?.view.connected, { timeout: 3_000 }).toBe(false);
});

test('a deleted agent is disconnected, and its token is worth nothing', async () => {
  const { id, token } = await newAgent('web-1');
  const agent = await hub.join(token, 'online');
  await hub.control.deleteAgent(id, 'ada');
  expect((await agent.closed).code).toBe(4003);
  expect(await refusal(token)).toMatch(/^401/);
});
