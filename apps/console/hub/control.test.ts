import { afterEach, beforeEach, expect, test } from 'vitest';
import { runningHub } from '../testing/running-hub.ts';
import { mappingInput } from '../testing/samples.ts';

let hub: Awaited<ReturnType<typeof runningHub>>;
let input: ReturnType<typeof mappingInput>;
beforeEach(async () => {
  hub = await runningHub();
  const online = await hub.control.createAgent({ name: 'web-1', role: 'online' }, 'ada');
  const assistant = await hub.control.createAgent({ name: 'assist-1', role: 'assistant' }, 'ada');
  input = mappingInput({ onlineAgentId: online.id, assistantAgentId: assistant.id });
});
afterEach(() => hub.close());

test('a second agent of a name is refused', async () => {
  await expect(hub.control.createAgent({ name: 'web-1', role: 'online' }, 'ada')).rejects.toMatchObject({ status: 409, field: 'name' });
});

test('an agent that a mapping uses cannot be deleted, and the mapping is named', async () => {
  await hub.control.createMapping(input, 'ada');
  await expect(hub.control.deleteAgent(input.assistantAgentId, 'ada')).rejects.toMatchObject({ status: 409, message: expect.stringContaining('"orders"') });
});

test('two mappings made at once for the same port: one is refused', async () => {
  const made = await Promise.allSettled([hub.control.createMapping(input, 'ada'), hub.control.createMapping({ ...input, name: 'other' }, 'bob')]);
  expect(made.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a running mapping may change everything but its online agent', async () => {
  const { id } = await hub.control.createMapping(input, 'ada');
  await hub.control.setDesired([id], 'running', 'ada');
  expect(await hub.control.updateMapping(id, { ...input, multiplier: 5, pacing: 'timing' }, 'ada')).toMatchObject({ multiplier: 5, desired: 'running' });
  const moved = { ...input, listen: { address: null, port: 80, lastPort: 89 }, target: { address: '10.0.0.99', port: 1 } };
  expect(await hub.control.updateMapping(id, moved, 'ada')).toMatchObject({ ...moved, desired: 'running' });
  const other = await hub.control.createAgent({ name: 'web-2', role: 'online' }, 'ada');
  await expect(hub.control.updateMapping(id, { ...input, onlineAgentId: other.id }, 'ada')).rejects.toMatchObject({ status: 409, field: 'onlineAgentId' });
  await expect(hub.control.deleteMapping(id, 'ada')).rejects.toMatchObject({ status: 409, message: expect.stringContaining('stop it') });
  expect((await hub.control.stopAll('ada')).map((mapping) => mapping.desired)).toEqual(['stopped']);
  await hub.control.deleteMapping(id, 'ada');
  await expect(hub.control.setDesired([id], 'running', 'ada')).rejects.toMatchObject({ status: 404 });
});

test('who did what can be read afterwards', async () => {
  const { id } = await hub.control.createMapping(input, 'ada');
  await hub.control.setDesired([id], 'running', 'bob');
  await hub.hub.close();
  const texts = (await hub.hub.eventsOf(id, 10)).map((event) => event.text);
  expect(texts).toContain('started by bob');
  expect(texts).toContain('created by ada: port 6379 to 10.0.0.21:6379, ×3, pacing by response');
});
