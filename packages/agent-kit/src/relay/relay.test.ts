import { once } from 'node:events';
import { connect } from 'node:net';
import { ACK, formatAddress, IpView, PSH, parseAddress, Segment, type Shard, shardOf, TcpView, writeSegment } from '@parallax/wire';
import { expect, test, vi } from 'vitest';
import { RelayClient } from './client.ts';
import { FrameReader, FrameType, jsonFrame, RELAY_VERSION } from './frame.ts';
import { MARK_PREFIX_BYTES, MarkView, writeMark } from './mark.ts';
import { RecordView } from './record.ts';
import { RelayServer } from './server.ts';

const key = Buffer.alloc(32, 7);

/** As long as a busy machine may need. */
const patiently = (check: () => void): Promise<void> => vi.waitFor(check, 10_000);

async function serve(keyOf: ((identity: string) => Buffer | null) | undefined) {
  const warnings: string[] = [];
  const losses = { captureDropped: 5, drain: () => {} };
  const server = new RelayServer({
    address: '127.0.0.1',
    port: 0,
    agent: 'assistant',
    keyOf,
    onChange: () => {},
    onWarning: (text) => warnings.push(text),
    drain: () => losses.drain(),
    captureDropped: () => losses.captureDropped,
  });
  const port = await server.listen();
  return { server, port, warnings, losses };
}

function dial(port: number, credential: { identity: string; key: Buffer } | null, shard?: Shard, onHeard = () => {}) {
  const states: [boolean, string][] = [];
  const records: { headerBytes: number; wireBytes: number; capturedAtUs: number; lastAtUs: number; first: number }[] = [];
  const marks: object[] = [];
  const client = new RelayClient({
    address: '127.0.0.1',
    port,
    credential,
    agent: 'online',
    ...(shard === undefined ? {} : { shard }),
    onAnswers: (view, at, end) => {
      const record = new RecordView(view);
      while (record.moveTo(at, end)) {
        records.push({
          headerBytes: record.headerBytes,
          wireBytes: record.wireBytes,
          capturedAtUs: record.capturedAtUs,
          lastAtUs: record.lastAtUs,
          first: view.getUint8(record.headerAt),
        });
        at = record.nextAt;
      }
    },
    onMarks: (view, at, end) => {
      const mark = new MarkView(view);
      for (; mark.moveTo(at, end); at = mark.nextAt) {
        const { source, sourcePort, target, targetPort, ordinal, firstAtUs, lastAtUs, isError, isLost, status, lengthBytes } = mark;
        marks.push({
          source: formatAddress(source),
          sourcePort,
          target: formatAddress(target),
          targetPort,
          ordinal,
          firstAtUs,
          lastAtUs,
          isError,
          isLost,
          status,
          lengthBytes,
        });
      }
      expect(at).toBe(end);
    },
    onHeard,
    onState: (isUp, reason) => states.push([isUp, reason]),
  });
  return { client, states, records, marks };
}

test.each([
  ['TLS with a pre-shared key', { identity: 'a', key }],
  ['no authentication', null],
])('records arrive as they were added, over %s', async (_, credential) => {
  const { server, port } = await serve(credential === null ? undefined : (identity) => (identity === 'a' ? key : null));
  const { client, records } = dial(port, credential);
  client.setTargets([{ address: '10.0.0.1', port: 80, adapter: 'http1' }]);
  await patiently(() => expect([...server.relays][0]?.targets).toEqual([{ address: '10.0.0.1', port: 80, adapter: 'http1' }]));
  const [relay] = [...server.relays];
  const header = new Uint8Array(64).fill(0x45);
  const sent = Array.from({ length: 10_000 }, (_, index) => ({
    headerBytes: 40 + (index % 25),
    wireBytes: 1500 + index,
    capturedAtUs: 1_764_000_000_000_000 + index,
    lastAtUs: 1_764_000_000_000_000 + index,
    first: 0x45,
  }));
  for (const record of sent) relay!.add(new DataView(header.buffer), 0, record.headerBytes, record.wireBytes, record.capturedAtUs);
  relay!.flush();
  await patiently(() => expect(records.length).toBe(sent.length));
  expect(records).toEqual(sent);
  client.close();
  server.close();
});

test('a question is answered behind all that was captured before it', async () => {
  const { server, port, losses } = await serve(undefined);
  const heard: [upToMs: number, records: number][] = [];
  const { client, records } = dial(port, null, undefined, () => heard.push([client.heardUpToMs, records.length]));
  await patiently(() => expect(server.relays.size === 1 && client.isUp).toBe(true));
  const [relay] = [...server.relays];
  let captured = 1000; // in the ring, not looked at yet
  losses.drain = () => {
    for (; captured > 0; captured--) relay!.add(new DataView(new ArrayBuffer(40)), 0, 40, 40, 1);
    relay!.flush();
  };
  const askedAtMs = performance.now();
  client.ask();
  client.ask();
  await patiently(() => expect(client.heardUpToMs).toBeGreaterThanOrEqual(askedAtMs));
  expect(client.heardUpToMs).toBeLessThan(performance.now());
  expect(records.length).toBeGreaterThan(0);
  expect(heard.find(([upToMs]) => upToMs >= askedAtMs)?.[1]).toBe(records.length);
  const againAtMs = performance.now();
  client.ask();
  await patiently(() => expect(client.heardUpToMs).toBeGreaterThanOrEqual(againAtMs));
  client.close();
  server.close();
});

test.each([
  ['another key', 'a', Buffer.alloc(32, 8), /same key/],
  ['an unknown identity', 'b', key, /key|PSK|identity/i],
])('%s is turned away with the reason', async (_, identity, wrongKey, reason) => {
  const { server, port } = await serve((name) => (name === 'a' ? key : null));
  const { client, states } = dial(port, { identity, key: wrongKey });
  await patiently(() => expect(states.length).toBeGreaterThan(0));
  expect(states[0]![0]).toBe(false);
  expect(states[0]![1]).toMatch(reason);
  expect(server.relays.size).toBe(0);
  client.close();
  server.close();
});

test('of the packet paths of an agent each wants its answers, together they want all, and an agent that says nothing of them wants all by itself', async () => {
  const { server, port } = await serve(undefined);
  const shards = [undefined, ...[0, 1, 2].map((index) => ({ index, count: 3 }))];
  const clients = shards.map((shard) => dial(port, null, shard).client);
  await patiently(() => expect(server.relays.size).toBe(4));
  const relayOf = (index: number | undefined) =>
    [...server.relays].find(({ shard }) => (index === undefined ? shard.count === 1 : shard.count === 3 && shard.index === index))!;
  for (let copyPort = 1024; copyPort < 65_536; copyPort += 111) {
    expect([0, 1, 2].filter((index) => relayOf(index).wants(copyPort))).toEqual([shardOf(copyPort, 3)]);
    expect(relayOf(undefined).wants(copyPort)).toBe(true);
  }
  for (const client of clients) client.close();
  server.close();
});

test('a relay that goes away is reported and comes back by itself', async () => {
  const { server, port } = await serve(undefined);
  const { client, states } = dial(port, null);
  await patiently(() => expect(client.isUp).toBe(true));
  for (const relay of server.relays) relay.close();
  await patiently(() => expect(states.map(([isUp]) => isUp)).toEqual([true, false, true]));
  client.close();
  server.close();
});

test('packets for an agent that reads too slowly are dropped and counted, also when it has gone', async () => {
  const { server, port } = await serve(undefined);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  socket.write(jsonFrame(FrameType.hello, { magic: 'parallax-relay', version: RELAY_VERSION, agent: 'slow' }));
  await patiently(() => expect(server.relays.size).toBe(1));
  const [relay] = [...server.relays];
  const header = new DataView(new ArrayBuffer(64));
  let added = 0;
  for (; relay!.dropped === 0; relay!.flush()) for (let index = 0; index < 5000; index++, added++) relay!.add(header, 0, 40 + (index % 2) * 4, 100, index); // no two in a row become one
  expect(relay!.relayed).toBeGreaterThan(100_000); // 8 MiB and what the kernel takes
  expect(relay!.relayed + relay!.dropped).toBe(added);
  const counts = { relayed: relay!.relayed, dropped: relay!.dropped };
  expect(server.counts()).toEqual(counts);
  socket.destroy();
  await patiently(() => expect(server.relays.size).toBe(0));
  expect(server.counts()).toEqual(counts);
  server.close();
});

test('an agent learns what its assistant has lost since they are connected', async () => {
  const { server, port, losses } = await serve(undefined);
  const { client } = dial(port, null);
  await patiently(() => expect(server.relays.size).toBe(1));
  await new Promise((resolve) => setTimeout(resolve, 600)); // it was told of the 5 before
  losses.captureDropped += 4;
  [...server.relays][0]!.dropped += 3;
  await patiently(() => expect(client.losses).toEqual({ dropped: 3, captureDropped: 4 }));
  for (const relay of server.relays) relay.close();
  await patiently(() => expect(client.isUp).toBe(false));
  await patiently(() => expect(client.isUp).toBe(true));
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(client.losses).toEqual({ dropped: 3, captureDropped: 4 });
  client.close();
  server.close();
});

test('an assistant that may not work refuses those connected and those that come, and welcomes them again', async () => {
  const { server, port, warnings } = await serve(undefined);
  const { client, states } = dial(port, null);
  await patiently(() => expect(client.isUp).toBe(true));
  server.refuseAll('the host forwards');
  expect(server.relays.size).toBe(0);
  await patiently(() => expect(states.length).toBeGreaterThan(2));
  for (const state of states.slice(1)) expect(state).toEqual([false, `the assistant at 127.0.0.1:${port} refused: the host forwards`]);
  server.refuseAll(null);
  await patiently(() => expect(client.isUp).toBe(true));
  expect(warnings).toEqual([]);
  client.close();
  server.close();
});

/** A packet of the target's, and views that point at it. */
function packetOf(flags: number, seq: number, payloadBytes: number) {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  const segment = Object.assign(new Segment(), {
    source: parseAddress('10.90.1.21')!,
    destination: parseAddress('10.90.0.10')!,
    sourcePort: 80,
    destinationPort: 40_000,
  });
  const end = writeSegment(view, bytes, 0, Object.assign(segment, { flags, seq, ack: 7, window: 500, payloadAt: 2048, payloadBytes }));
  const ip = new IpView(view);
  const tcp = new TcpView(view);
  ip.moveTo(0, end, end);
  tcp.moveTo(ip.payloadAt, end);
  return { view, ip, tcp, headerBytes: tcp.payloadAt };
}

test('marks come before the headers they were read from, whole and in order; merged headers keep the time of the last', async () => {
  const { server, port } = await serve(undefined);
  const { client, records, marks } = dial(port, null);
  client.setTargets([{ address: '10.90.1.21', port: 80, adapter: 'http1' }]);
  await patiently(() => expect([...server.relays][0]?.targets).toHaveLength(1));
  const [relay] = [...server.relays];
  const atUs = 1_764_000_000_000_000;
  const first = packetOf(ACK, 100, 1000);
  const last = packetOf(ACK | PSH, 1100, 500);
  relay!.add(first.view, 0, first.headerBytes, 1040, atUs);
  relay!.add(last.view, 0, last.headerBytes, 540, atUs + 1234.5);
  const late = packetOf(ACK, 1600, 10);
  relay!.add(late.view, 0, late.headerBytes, 50, atUs + 200_000);
  const later = packetOf(ACK, 1610, 10);
  relay!.add(later.view, 0, later.headerBytes, 50, atUs + 265_536); // too far apart for one record
  const sent = Array.from({ length: 2000 }, (_, ordinal) => ({
    ordinal,
    firstAtUs: atUs,
    lastAtUs: atUs + ordinal,
    isError: ordinal % 2 === 1,
    isLost: ordinal === 1999,
  }));
  for (const mark of sent) relay!.addMark(last.ip, last.tcp, mark, mark.isError ? 'a status that is far too long' : '200', mark.ordinal === 0 ? 2 ** 40 : 1500);
  relay!.flush();
  await patiently(() => expect(records).toHaveLength(3));
  expect(records.map(({ wireBytes, capturedAtUs, lastAtUs }) => [wireBytes, capturedAtUs - atUs, lastAtUs - atUs])).toEqual([
    [1540, 0, 1234],
    [50, 200_000, 200_000],
    [50, 265_536, 265_536],
  ]);
  expect(marks).toEqual(
    sent.map((mark) => ({
      ...mark,
      source: '10.90.0.10',
      sourcePort: 40_000,
      target: '10.90.1.21',
      targetPort: 80,
      status: mark.isError ? 'a status that is far too' : '200',
      lengthBytes: mark.ordinal === 0 ? 0xffffffff : 1500,
    })),
  );
  client.close();
  server.close();
});

test.each([
  ['cut off', (_: DataView, end: number) => end - 4],
  ['a status longer than any', (view: DataView) => view.setUint8(61, 25)],
  ['a last byte before the first', (view: DataView) => view.setFloat64(48, 1)],
  ['a time that is none', (view: DataView) => view.setFloat64(40, Number.NaN)],
])('a mark that is none is not read: %s', (_, damage) => {
  const view = new DataView(new ArrayBuffer(MARK_PREFIX_BYTES + 4));
  const end = writeMark(view, 0, { ordinal: 1, firstAtUs: 1e15, lastAtUs: 1e15, isError: false, isLost: false }, '200', 10);
  expect(end).toBe(view.byteLength);
  expect(new MarkView(view).moveTo(0, end)).toBe(true);
  expect(new MarkView(view).moveTo(0, damage(view, end) ?? end)).toBe(false);
});

test('nobody listening is explained with the remedy', async () => {
  const { server, port } = await serve(undefined);
  server.close();
  const { client, states } = dial(port, null);
  await patiently(() => expect(states.length).toBeGreaterThan(0));
  expect(states[0]![1]).toMatch(/not listening; start "parallax assistant"/);
  client.close();
});

test('another version is refused, naming both numbers', async () => {
  const { server, port } = await serve(undefined);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(jsonFrame(FrameType.hello, { magic: 'parallax-relay', version: RELAY_VERSION + 7, agent: 'x' }));
  const [reply] = (await once(socket, 'data')) as [Buffer];
  expect(reply.toString()).toContain(`version ${RELAY_VERSION + 7}`);
  expect(reply.toString()).toContain(`version ${RELAY_VERSION};`);
  server.close();
});

test('bytes of strangers end their connection, and only that', async () => {
  const { server, port, warnings } = await serve(undefined);
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0, 0, 0, 0, 9]),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 5]),
    jsonFrame(FrameType.targets, {}),
    jsonFrame(FrameType.hello, { magic: 'other' }),
  ]) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(bytes);
    await once(socket, 'close');
  }
  expect(warnings.length).toBe(5);
  const { client } = dial(port, null);
  await patiently(() => expect(client.isUp).toBe(true));
  client.close();
  server.close();
});

test('frames are cut alike however the bytes arrive', () => {
  const frames = [jsonFrame(1, { a: 'x'.repeat(1000) }), jsonFrame(6, {}), jsonFrame(3, { b: 1 })];
  const all = Buffer.concat(frames);
  for (const step of [1, 3, 7, 1000, all.length]) {
    const seen: string[] = [];
    const reader = new FrameReader((type, view, at, end) => seen.push(`${type}:${Buffer.from(view.buffer, at, end - at)}`));
    for (let at = 0; at < all.length; at += step) reader.push(all.subarray(at, at + step));
    expect(seen).toEqual([`1:{"a":"${'x'.repeat(1000)}"}`, '6:{}', '3:{"b":1}']);
  }
});
