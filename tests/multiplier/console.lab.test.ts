// Mappings of a console, on real kernels: edited while their copies run, and two online agents that feed one target.
import { ADDRESS, CLIENT_ADDRESSES, joinAgent, Lab, type Running, type RunningConsole, startConsole, startParallax, waitUntil } from '@parallax/lab';
import { everySession, type MappingRequest, realClients } from '@parallax/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeKey, PROGRAM, recordPackets } from '../scenario/support.ts';
import { clients, type End, five, pause, serve, settled } from './support.ts';

type Agent = Running & { id: string };
let lab: Lab;
let console_: RunningConsole;
let assistant: Agent;
let online: Agent;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxe-${process.pid}`, removeOnExit: true });
  await lab.mustExec('target', ['ip', 'route', 'replace', '10.95.0.0/24', 'via', ADDRESS.assistant]);
  console_ = await startConsole(lab, PROGRAM, 3900 + (process.pid % 90), { name: 'operator', password: 'correct horse battery' });
  assistant = await joinAgent(lab, PROGRAM, console_, 'assistant');
  online = await joinAgent(lab, PROGRAM, console_, 'online');
});
afterAll(async () => {
  for (const each of [online, assistant, console_]) await each?.stop();
  await lab?.down();
});

const mapping = (name: string, port: number, target: number, change: Partial<MappingRequest> = {}): MappingRequest => ({
  name,
  onlineAgentId: online.id,
  assistantAgentId: assistant.id,
  listen: { address: null, port },
  target: { address: ADDRESS.target, port: target },
  multiplier: 2,
  pacing: 'response',
  ...change,
});

/** Until the mapping's agents do what was saved last. */
const isRunning = (id: string) =>
  waitUntil(async () => (await console_.client.mapping(id)).status?.state === 'running', { what: `mapping ${id} runs`, timeoutMs: 10_000 });

async function start(request: MappingRequest): Promise<string> {
  const { id } = await console_.client.addMapping(request);
  await console_.client.start(id);
  await isRunning(id);
  return id;
}

const EACH = 250;

test('mappings edited while 500 connections run: no copy of an unchanged one is lost, and those of the changed one that stay valid go on', async () => {
  const servers = [await serve(lab, 'online', 8020), await serve(lab, 'online', 8021)];
  const [kept, changed, added] = [await serve(lab, 'target', 8020), await serve(lab, 'target', 8021), await serve(lab, 'target', 8022)];
  const keptId = await start(mapping('kept', 8020, 8020));
  const changedId = await start(mapping('changed', 8021, 8021));
  const loads = [await clients(lab, five(EACH), 8020, { prefix: 'kept' }), await clients(lab, five(EACH), 8021, { prefix: 'changed' })];
  let rounds = 1;
  const copies = { accepted: 2 * EACH, open: 2 * EACH, broken: 0, least: 2, times: 2 };
  /** Everybody says one more line: each must come twice, on the connections that were there before. */
  const speak = async (what: string, others: Partial<typeof copies> | null = copies) => {
    rounds++;
    await Promise.all(loads.map((load) => load.speak()));
    for (const target of others === null ? [kept] : [kept, changed]) await settled(target, 2 * EACH * rounds, 10_000);
    await pause(400); // what is too much would have come by now, and the server counts five times a second
    expect(kept.get(), `the unchanged mapping, ${what}`).toMatchObject({ ...copies, lines: 2 * EACH * rounds });
    if (others !== null) expect(changed.get(), `the changed mapping, ${what}`).toMatchObject({ ...others, lines: 2 * EACH * rounds });
  };
  await speak('before');

  const edits: [string, Partial<MappingRequest>][] = [
    ['another multiplier', { multiplier: 5 }],
    ['another pacing', { pacing: 'window' }],
    ['another selection', { selection: { ...everySession, percent: 10, exclude: ['10.90.0.14'] } }],
    ['a pool', { sources: { ...realClients, pool: ['10.95.0.0/29'], ports: { first: 30_000, last: 39_999 } } }],
    ['a range that holds the port', { listen: { address: null, port: 8021, lastPort: 8024 }, target: { address: ADDRESS.target, port: 8021, lastPort: 8024 } }],
  ];
  let request = mapping('changed', 8021, 8021);
  for (const [what, change] of edits) {
    request = { ...request, ...change };
    await console_.client.changeMapping(changedId, request);
    await isRunning(changedId);
    await speak(`given ${what}`);
  }

  const addedId = await start(mapping('added', 8020, 8022, { multiplier: 3 })); // the same connections, to another target
  await speak('with another mapping added');
  await settled(added, 3 * EACH, 10_000);
  expect(added.get(), 'connections that were open are copied from their next request on').toMatchObject({ accepted: 3 * EACH, open: 3 * EACH });
  await console_.client.stop(addedId);
  await waitUntil(() => added.get().open === 0, { what: 'the copies of the stopped mapping are gone', timeoutMs: 10_000 });
  await console_.client.deleteMapping(addedId);
  await speak('with that one removed');

  // What was saved holds for sessions that open from then on; the changed mapping's own copies end only when it leads elsewhere.
  await console_.client.changeMapping(changedId, { ...request, selection: everySession });
  await isRunning(changedId);
  const more = await clients(lab, five(20), 8021, { prefix: 'more' });
  await waitUntil(() => changed.get().accepted === 2 * EACH + 5 * 20, { what: 'new sessions have five copies', timeoutMs: 10_000 });
  await more.end();
  await console_.client.changeMapping(changedId, { ...request, target: { address: ADDRESS.target, port: 8022 }, listen: { address: null, port: 8021 } });
  await waitUntil(() => changed.get().open === 0, { what: 'copies to the target of before are reset', timeoutMs: 10_000 });
  await speak('while the other leads elsewhere', null);

  for (const load of loads) await load.end();
  for (const id of [keptId, changedId]) {
    await console_.client.stop(id);
    await console_.client.deleteMapping(id);
  }
  for (const each of [...servers, kept, changed, added]) each.stop();
});

const CLIENTS = 100;
/** Both agents' clients have the same addresses and ports. */
const ends: End[] = Array.from({ length: CLIENTS }, (_, index) => [CLIENT_ADDRESSES[index % 2]!, 40_000 + index]);
const TIMES = 9;
/** 2 addresses of 1024 ports each, of which 1600 of 2048 are wanted: agents that chose by themselves would meet. */
const ports = { first: 20_480, last: 21_503 };

test.each(['dealt by the console', 'by -f'])('two online agents that feed one target never use the same address and port: parts %s', async (how) => {
  const servers = [await serve(lab, 'online', 8030), await serve(lab, 'online', 8031)];
  const target = await serve(lab, 'target', 8030);
  const running: Running[] = [];
  const ids: string[] = [];
  if (how === 'dealt by the console') {
    const second = await joinAgent(lab, PROGRAM, console_, 'online', 'online-2');
    running.push(second);
    const change = { multiplier: TIMES, sources: { ...realClients, ports } };
    ids.push(await start(mapping('first', 8030, 8030, change)), await start(mapping('second', 8031, 8030, { ...change, onlineAgentId: second.id })));
    await isRunning(ids[0]!);
    await pause(500);
  } else {
    const key = ['--key-file', makeKey(lab)];
    const relay = ['-p', '36600'];
    running.push(await startParallax(lab, 'assistant', PROGRAM, ['assistant', '-i', 'eth0', ...relay, ...key]));
    for (const [index, port] of [8030, 8031].entries()) {
      const words = ['-x', `${port}-${ADDRESS.target}:8030`, '-n', String(TIMES), '--ports', `${ports.first}-${ports.last}`, '-f', `${index}/2`];
      running.push(await startParallax(lab, 'online', PROGRAM, ['online', '-s', ADDRESS.assistant, '-i', 'eth0', ...relay, ...key, ...words]));
    }
  }
  const asked = await recordPackets(lab, 'target', 'dst port 8030 and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn');
  const loads = await Promise.all([8030, 8031].map((port) => clients(lab, ends, port, { prefix: `of ${port}` })));
  await settled(target, 2 * CLIENTS * TIMES, 10_000);
  await pause(500);
  const sources = (await asked.take()).map(({ source }) => source);
  expect(target.get()).toMatchObject({ accepted: 2 * CLIENTS * TIMES, open: 2 * CLIENTS * TIMES, broken: 0, least: TIMES, times: TIMES });
  expect(new Set(sources).size, 'no pair is asked for twice').toBe(sources.length);
  expect(sources.length).toBe(2 * CLIENTS * TIMES);
  for (const load of loads) await load.end();
  for (const id of ids) {
    await console_.client.stop(id);
    await console_.client.deleteMapping(id);
  }
  for (const each of running.reverse()) expect(await each.stop()).toBe(0);
  for (const each of [...servers, target]) each.stop();
});
