// How many copies of which sessions there are, where they come from, and what another configuration leaves of them.
import { formatAddress } from '@parallax/wire';
import { describe, expect, test } from 'vitest';
import { realClients } from './allocator/source-choice.ts';
import { everySession } from './selection.ts';
import { bucketsOf, Rig } from './testing/rig.ts';

const SESSIONS = 400;

/** Open sessions from ports in a row. */
function open(rig: Rig, count: number): Rig {
  for (let index = 0; index < count; index++) rig.client('S', { seq: index * 64_000, port: 20_000 + index });
  return rig;
}
const inFlight = ({ mapping }: Rig): number => mapping.ledger.copies.asked - Object.values(mapping.ledger.copies.ended).reduce((sum, count) => sum + count, 0);
const pairs = (rig: Rig): string[] => rig.copies.map(({ source, sourcePort }) => `${formatAddress(source)}:${sourcePort}`);

test('at ×2.5 half of the sessions have a third copy', () => {
  const rig = open(new Rig({ multiplier: 2.5 }), SESSIONS);
  expect(rig.mapping.ledger.copies.asked).toBe(rig.copies.length);
  expect(Math.abs(rig.copies.length - SESSIONS * 2.5)).toBeLessThan(30); // three standard deviations
  expect(new Set(pairs(rig)).size).toBe(rig.copies.length);
});

test('at ×0.5 half of the sessions are sampled out, each counted once', () => {
  const rig = open(new Rig({ multiplier: 0.5 }), SESSIONS);
  expect(rig.mapping.ledger.copies.asked).toBe(SESSIONS);
  expect(rig.ended).toEqual({ sampledOut: SESSIONS - rig.copies.length });
  expect(Math.abs(rig.copies.length - SESSIONS / 2)).toBeLessThan(30);
});

test('a session that is left out is counted once, whatever it says, and is no session of the mapping', () => {
  const rig = new Rig({ multiplier: 3, mapping: { selection: { ...everySession, exclude: ['10.0.0.0/24'] } } });
  rig.client('S', { seq: -1 }).client('S', { seq: -1 }).online('S.', { seq: -1 }).client('.').client('P.', { payload: 'abc' });
  rig.client('S', { seq: -1, client: '10.0.2.1' });
  expect([rig.ended, rig.copies.length, rig.mapping.sessionsOpen, rig.mapping.sessionsOpened]).toEqual([{ sampledOut: 3 }, 3, 1, 2]);
  rig.client('F.', { seq: 3 });
  expect(rig.engine.sessionsKnown).toBe(1);
});

test('no more sessions than the bound are copied at a time; when one ends, another may come', () => {
  const rig = open(new Rig({ mapping: { selection: { ...everySession, maxSessions: 2 } } }), 3);
  expect([rig.ended, rig.copies.length]).toEqual([{ sampledOut: 1 }, 2]);
  rig.target('R.', { seq: -1, ack: 1, port: 20_000 }).client('R', { seq: 1, port: 20_000 });
  rig.client('S', { seq: 640_000, port: 21_000 });
  expect([rig.ended, rig.copies.map(({ sourcePort }) => sourcePort)]).toEqual([{ refusedByTarget: 1, sampledOut: 1 }, [21_000, 20_001]]);
});

test('a connection that was open before and is left alone takes nothing of the bound', () => {
  const rig = new Rig({ mapping: { midStream: 'skip', selection: { ...everySession, maxSessions: 1 } } });
  rig.client('P.', { port: 3000, payload: 'abc' }).client('S', { seq: -1 });
  expect([rig.ended, rig.copies.length]).toEqual([{ midStreamSkipped: 1 }, 1]);
});

test('a target that acknowledges nothing is given up after the time that was set', () => {
  const rig = new Rig({ limits: { targetTimeoutMs: 5000 } }).opened().client('P.', { payload: 'abc' });
  rig.wait(2000);
  expect(rig.ended).toEqual({});
  rig.wait(6000);
  expect(rig.ended).toEqual({ timedOut: 1 });
});

test('no segment is larger than was set, nor is a larger one asked for', () => {
  const rig = new Rig({ limits: { mssBytes: 700 } }).client('S', { seq: -1, mssBytes: 1460 });
  expect(rig.packets[0]).toMatchObject({ mssBytes: 700 });
  rig.target('S.', { seq: -1, mssBytes: 1460 }).client('P.', { payload: new Uint8Array(1000) });
  expect(rig.take()).toEqual(['S -1', '. 0 ack 0', '. 0 ack 0 700 bytes', 'P. 700 ack 0 300 bytes']);
});

test('a ramp lets more sessions in as time passes', () => {
  const rig = new Rig({ mapping: { selection: { ...everySession, ramp: { fromPercent: 0, steps: 2, stepSeconds: 10 } } }, limits: { synRetries: 99 } });
  const copied = [0, 1, 2].map((step) => {
    const before = rig.copies.length;
    for (let index = 0; index < 100; index++) rig.client('S', { seq: index, port: 20_000 + step * 100 + index });
    const opened = rig.copies.length - before;
    rig.wait(10_000);
    return opened;
  });
  expect([copied[0], copied[2]]).toEqual([0, 100]);
  expect(Math.abs(copied[1]! - 50)).toBeLessThan(15);
});

test('ports listened on in a range lead to their own ports on the target, or all to one', () => {
  const listen = { address: null, port: 8000, lastPort: 8010 };
  const own = new Rig({ mapping: { listen, target: { address: '10.0.1.1', port: 9000, lastPort: 9010 } } });
  const one = new Rig({ mapping: { listen, target: { address: '10.0.1.1', port: 9000 } } });
  for (const rig of [own, one]) for (const serverPort of [7999, 8000, 8007, 8010, 8011]) rig.client('S', { seq: -1, serverPort });
  expect(own.packets.map(({ destinationPort, sourcePort }) => [destinationPort, sourcePort])).toEqual([
    [9000, 4000],
    [9007, 4000],
    [9010, 4000],
  ]);
  expect(one.packets.map(({ destinationPort }) => destinationPort)).toEqual([9000, 9000, 9000]);
  expect(new Set(one.packets.map(({ sourcePort }) => sourcePort)).size, 'one client port on three ports listened on').toBe(3);
});

test('two mappings to one target share its pairs, to two targets they do not', () => {
  const rig = new Rig();
  const more = (id: string, port: number) => {
    rig.engine.addMapping({ id, listen: { address: null, port: 80 }, target: { address: '10.0.1.1', port }, multiplier: 1, pacing: 'response' });
    rig.engine.setRelayUp(id, true, rig.nowMs);
  };
  more('same', 8080);
  more('other', 8081);
  rig.client('S', { seq: -1 });
  const ports = rig.packets.map(({ sourcePort, destinationPort }) => [destinationPort, sourcePort === 4000]);
  expect(ports).toEqual([
    [8080, true],
    [8080, false],
    [8081, true],
  ]);
});

test('a copy that meets somebody else’s connection leaves it alone and opens from another port', () => {
  const rig = new Rig({ multiplier: 2 }).client('S', { seq: -1 });
  const [first, second] = rig.packets;
  rig.take();
  rig.target('.', { ack: 77, port: second!.sourcePort });
  expect(rig.take(), 'a SYN and no reset').toEqual(['S -1']);
  const moved = rig.packets.at(-1)!.sourcePort;
  expect([first!.sourcePort, second!.sourcePort]).not.toContain(moved);
  rig.target('S.', { seq: -1, port: moved });
  expect(rig.copies.map(({ sourcePort, state }) => [sourcePort, state])).toContainEqual([moved, 'open']);
});

test('the client’s own port is taken back from what the target remembers', () => {
  const rig = new Rig().client('S', { seq: -1 });
  rig.take();
  expect(rig.target('.', { ack: 77 }).take()).toEqual(['R 77', 'S -1']);
});

test('when every pair is somebody else’s, the copy ends as one without a port', () => {
  const rig = new Rig({ mapping: { sources: { ...realClients, identity: 'address', address: '10.7.7.7', ports: { first: 2000, last: 2001 } } } });
  rig.client('S', { seq: -1 });
  for (let tries = 0; tries < 3; tries++) rig.target('.', { ack: 77, client: '10.7.7.7', port: rig.packets.at(-1)!.sourcePort });
  expect([rig.ended, rig.packets.map(({ sourcePort }) => sourcePort).sort()]).toEqual([{ noPortFree: 1 }, [2000, 2001, 4000]]);
});

test('a request that waited in a copy whose target left, and that no pair is free for, is counted and forgotten', () => {
  const rig = new Rig({ mapping: { sources: { ...realClients, identity: 'address', address: '10.7.7.7', ports: { first: 4000, last: 4000 } } } }).client('S', {
    seq: -1,
  });
  rig.online('S.', { seq: -1 }).client('.').target('S.', { seq: -1, client: '10.7.7.7' });
  rig.client('P.', { payload: 'one' }).online('P.', { ack: 3, payload: 'ok' }).client('P.', { seq: 3, ack: 2, payload: 'two' });
  rig.target('FP.', { ack: 3, payload: 'ok', client: '10.7.7.7' });
  expect(rig.ended).toEqual({ closedEarlyByTarget: 1, noPortFree: 1 });
  expect([bucketsOf(rig.mapping.ledger.exchanges), bucketsOf(rig.mapping.ledger.bytes)]).toEqual([
    { delivered: 1, noPortFree: 1 },
    { delivered: 3, noPortFree: 3 },
  ]);
  expect(rig.engine.storeUsedBytes).toBe(0);
});

test.each([
  ['the target closed first', true, false, 61],
  ['the target closed first, timestamps agreed', true, true, 2],
  ['the client closed first', false, false, 0],
])('%s: its port rests for %s', (_, isTargetFirst, hasTimestamps, restS) => {
  const rig = new Rig({ multiplier: 2, mapping: { sources: { ...realClients, ports: { first: 2000, last: 2000 } } } });
  rig.client('S', { seq: -1, hasTimestamps });
  for (const port of [4000, 2000]) rig.target('S.', { seq: -1, port, hasTimestamps });
  if (isTargetFirst) for (const port of [4000, 2000]) rig.target('F.', { port });
  rig
    .online('S.', { seq: -1 })
    .client('F.', { ack: isTargetFirst ? 1 : 0 })
    .online('F.', { ack: 1 });
  for (const port of [4000, 2000]) {
    if (isTargetFirst) rig.target('.', { seq: 1, ack: 1, port });
    else rig.target('F.', { ack: 1, port });
  }
  expect(rig.ended).toEqual({ delivered: 2 });
  rig.wait(1100); // they linger
  expect(rig.copies).toEqual([]);
  const hasPort = (port: number) => {
    const before = rig.mapping.ledger.copies.ended.noPortFree;
    rig.client('S', { seq: port * 100_000, port });
    return rig.mapping.ledger.copies.ended.noPortFree === before;
  };
  if (restS > 0) {
    expect(hasPort(5001)).toBe(false);
    rig.wait(restS * 1000 - 2500);
    if (restS > 10) expect(hasPort(5002)).toBe(false);
    rig.wait(2500);
  }
  expect(hasPort(5003)).toBe(true);
});

describe('another configuration while copies run', () => {
  const config = (rig: Rig) => rig.mapping.config;

  test('keeps what it still asks for: multiplier, selection, sources, pacing', () => {
    const rig = open(new Rig({ multiplier: 2 }), 5);
    const before = pairs(rig);
    const sources = { ...realClients, identity: 'address', address: '10.7.7.7' } as const;
    rig.engine.changeMapping({ ...config(rig), multiplier: 1, pacing: 'window', selection: { ...everySession, percent: 0 }, sources }, rig.nowMs);
    expect([pairs(rig), rig.ended]).toEqual([before, {}]);
    rig.client('S', { seq: 1_000_000, port: 30_000 });
    expect(rig.ended).toEqual({ sampledOut: 1 });
  });

  test('resets only the copies of ports that are not listened on any more', () => {
    const listen = { address: null, port: 8000, lastPort: 8010 };
    const rig = new Rig({ mapping: { listen } });
    for (const serverPort of [8000, 8005, 8010]) rig.client('S', { seq: -1, port: serverPort, serverPort });
    rig.engine.changeMapping({ ...config(rig), listen: { address: null, port: 8005, lastPort: 8009 } }, rig.nowMs);
    expect([rig.ended, inFlight(rig)]).toEqual([{ stopped: 2 }, 1]);
    expect(rig.copies.filter(({ ending }) => ending === null).map(({ sourcePort }) => sourcePort)).toEqual([8005]);
  });

  test('resets the copies of another target, at the target that they have', () => {
    const rig = open(new Rig(), 2);
    rig.take();
    rig.engine.changeMapping({ ...config(rig), target: { address: '10.0.1.2', port: 8080 } }, rig.nowMs);
    expect([rig.ended, rig.take()]).toEqual([{ stopped: 2 }, ['R 1', 'R 64001']]);
    expect(new Set(rig.packets.map(({ destination }) => formatAddress(destination)))).toEqual(new Set(['10.0.1.1']));
    rig.client('S', { seq: 1_000_000, port: 30_000 });
    expect(formatAddress(rig.packets.at(-1)!.destination)).toBe('10.0.1.2');
  });

  test('of another mapping, loses nothing', () => {
    const rig = open(new Rig({ multiplier: 3 }), 50);
    const before = pairs(rig);
    const other = { id: 'other', listen: { address: null, port: 80 }, target: { address: '10.0.1.9', port: 1 }, multiplier: 2, pacing: 'response' } as const;
    rig.engine.addMapping(other);
    rig.engine.changeMapping({ ...other, target: { address: '10.0.1.8', port: 2 } }, rig.nowMs);
    rig.engine.removeMapping('other', rig.nowMs);
    expect([pairs(rig), rig.ended]).toEqual([before, {}]);
  });

  test('that is wrong changes nothing', () => {
    const rig = open(new Rig(), 1);
    expect(() => rig.engine.changeMapping({ ...config(rig), target: { address: 'target', port: 1 } }, rig.nowMs)).toThrow('"target" is not an IPv4');
    expect(formatAddress(rig.mapping.target)).toBe('10.0.1.1');
  });
});
