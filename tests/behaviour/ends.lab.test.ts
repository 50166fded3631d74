// How connections end, and what happens while nothing is said (docs/tcp-behaviour.md: rows 23 to 28, 48).
import { ADDRESS, growthOf, startNginx, waitUntil } from '@parallax/lab';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { httpLoad, watchClient } from '../delivery/support.ts';
import { establishedOn, lastStats, nextStats, type Stats, startPair } from '../scenario/support.ts';
import { FIN, RST, recordHeaders, SYN } from './capture.ts';
import { answerBytesOf, PORT, requests, type Stage, serve, setStage, talk } from './stage.ts';

let stage: Stage;
let atClient: Awaited<ReturnType<typeof watchClient>>;
beforeAll(async () => {
  stage = await setStage('e', [], { target: { keepAliveMs: 1000 } });
  atClient = await watchClient(stage.lab);
});
afterAll(async () => {
  await stage.down();
});
beforeEach(async () => {
  await stage.streams(100);
});

/** Buckets that grew while `body` had so many sessions, once each of them is in one and nothing is in flight. */
async function endingsOf(sessions: number, body: () => Promise<unknown>): Promise<Record<string, number>> {
  const total = (copies: Stats['ledger']['copies']) => Object.values(copies).reduce((sum, count) => sum + count, 0);
  const settled = (count: number) =>
    waitUntil(
      async () => {
        const { copies } = (await nextStats(stage.pair.online)).ledger;
        return copies.inFlight === 0 && total(copies) >= count ? copies : undefined;
      },
      { what: 'every copy has ended', timeoutMs: 15_000 },
    );
  const before = await settled(0);
  await body();
  const after = await settled(total(before) + sessions);
  const grown = Object.entries(after).map(([name, count]) => [name, count - before[name as keyof typeof before]] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

test('23: a client that half closes: the copy’s FIN comes behind its bytes, the answer is acknowledged to its end', async () => {
  const atTarget = await recordHeaders(stage.lab, 'target', `tcp port ${PORT}`);
  let port = 0;
  const endings = await endingsOf(1, async () => {
    port = await talk(stage.lab, [
      ['send', 50_000],
      ['send', 6999],
      ['shutdown'],
      ['receive', answerBytesOf(50_000) + answerBytesOf(6999)],
      ['end'],
      ['close'],
    ]);
  });
  const [online, target] = await stage.streams();
  expect(target).toEqual(online);
  expect(endings).toEqual({ delivered: 1 });
  const packets = await atTarget.take();
  const own = `${ADDRESS.client}:${port}`;
  const copied = packets.filter(({ from }) => from === own);
  const fin = copied.findIndex(({ flags }) => (flags & FIN) !== 0);
  expect(copied.slice(fin + 1).filter(({ payloadBytes }) => payloadBytes > 0)).toEqual([]);
  const theirFin = packets.find(({ to, flags }) => to === own && (flags & FIN) !== 0)!;
  expect(copied.at(-1)!.ack, 'the last byte and FIN').toBe((theirFin.seq + theirFin.payloadBytes + 1) | 0);
  expect(packets.filter(({ flags }) => (flags & RST) !== 0)).toEqual([]);
});

test('24: nginx at the target closes after five requests: counted, the client has all its answers, copies go on with another connection', async () => {
  const servers = [await startNginx(stage.lab, 'online'), await startNginx(stage.lab, 'target', { keepaliveRequests: 5 })] as const;
  const pair = await startPair(stage.lab, ['-x', `80-${ADDRESS.target}:80`, '--stats', '-s', `${ADDRESS.assistant}:36525`], ['-p', '36525']);
  expect(await httpLoad(stage.lab, { requests: 200, connections: 10, answerBytes: 6 })).toEqual({ answered: 200, failed: 0, surplusBytes: 0 });
  await waitUntil(() => (lastStats(pair.online)?.ledger.copies.closedEarlyByTarget ?? 0) >= 10, { what: 'the early ends are counted' });
  await waitUntil(() => servers[1].count() >= 200, { what: 'the target has served as many', timeoutMs: 3000 }).catch(() => {});
  const early = servers[1].count();
  // A copy goes on with the next request on another connection; what crossed the target's FIN may be lost, once per connection.
  expect(early).toBeGreaterThanOrEqual(160);
  expect(early).toBeLessThanOrEqual(200);
  expect(await httpLoad(stage.lab, { requests: 20, connections: 10, answerBytes: 6 })).toMatchObject({ answered: 20 });
  await waitUntil(() => servers[1].count() >= early + 20, { what: 'the target serves the new connections' });
  expect(await pair.stop()).toEqual([0, 0]);
  for (const server of servers) await server.stop();
});

test('25: a storm of aborts: each reset is exact, none is left at the target, no challenge ACK loops', async () => {
  const ABORTS = 3000;
  const script = `const net = require('node:net'); let left = ${ABORTS}, at = 0;
    const one = () => { if (at === ${ABORTS}) return; const index = at++;
      const socket = net.connect({ host: '${ADDRESS.online}', port: ${PORT}, localAddress: '10.90.0.' + (10 + index % 10), noDelay: true }, () => {
        if (index % 3 === 0) socket.resetAndDestroy(); // at once
        else { socket.write(Buffer.from([0, 0, 0, 1, 7])); if (index % 3 === 1) setImmediate(() => socket.resetAndDestroy()); }
      });
      socket.on('data', () => socket.resetAndDestroy()); // with an answer
      socket.on('error', () => {}).on('close', () => { if (--left === 0) console.log('done'); one(); }); };
    for (let i = 0; i < 100; i++) one();`;
  const atTarget = await recordHeaders(stage.lab, 'target', `tcp dst port ${PORT} and tcp[tcpflags] & (tcp-rst|tcp-syn) != 0`);
  const grown = await growthOf(stage.lab, 'target', async () => {
    const endings = await endingsOf(ABORTS, async () => {
      expect(await stage.lab.mustExec('client', [process.execPath, '-e', script], { timeoutMs: 30_000 })).toBe('done\n');
    });
    expect(Object.values(endings).reduce((sum, count) => sum + count, 0)).toBe(ABORTS);
    expect(establishedOn(stage.lab, 'target', PORT)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 1500)); // a loop would go on
  });
  const packets = await atTarget.take();
  const resets = new Map<string, Set<number>>();
  for (const { from, flags, seq } of packets) if ((flags & RST) !== 0) resets.set(from, (resets.get(from) ?? new Set()).add(seq));
  expect(packets.filter(({ flags }) => (flags & RST) !== 0).length, 'a reset is said again, but not for ever').toBeLessThan(ABORTS * 4.5);
  expect(grown('TcpExtTCPChallengeACK'), 'challenge ACKs').toBeLessThan(ABORTS / 100);
  expect(grown('TcpExtTCPACKSkippedChallenge')).toBe(0);
  expect(packets.filter(({ flags }) => (flags & SYN) !== 0).length).toBeLessThan(ABORTS * 1.1);
});

test('26, 27: keep-alives: the target’s are answered, the client’s are not copied', async () => {
  const SOL_SOCKET_KEEPALIVE: [number, number, number] = [1, 9, 1];
  const KEEPIDLE_1S: [number, number, number] = [6, 4, 1];
  const KEEPINTVL_1S: [number, number, number] = [6, 5, 1];
  const atTarget = await recordHeaders(stage.lab, 'target', `tcp port ${PORT}`);
  const atOnline = await recordHeaders(stage.lab, 'online', `tcp port ${PORT} and host ${ADDRESS.online}`);
  const port = await talk(stage.lab, [['send', 10], ['receive', answerBytesOf(10)], ['sleep', 4500], ...requests(20)], {
    options: [SOL_SOCKET_KEEPALIVE, KEEPIDLE_1S, KEEPINTVL_1S],
  });
  const [online, target] = await stage.streams();
  expect(target).toEqual(online);
  const [there, here] = [await atTarget.take(), await atOnline.take()];
  const own = `${ADDRESS.client}:${port}`;
  // A probe says the number before the next one (RFC 9293 §3.8.4).
  const probesOf = (packets: typeof there, match: (packet: (typeof there)[number]) => boolean) => {
    let most: number | null = null;
    return packets.filter((packet) => {
      if (!match(packet)) return false;
      const isProbe = most !== null && packet.payloadBytes === 0 && (packet.flags & (SYN | FIN | RST)) === 0 && ((packet.seq - most) | 0) === -1;
      const next = (packet.seq + packet.payloadBytes + ((packet.flags & (SYN | FIN)) !== 0 ? 1 : 0)) | 0;
      if (most === null || ((next - most) | 0) > 0) most = next;
      return isProbe;
    });
  };
  expect(probesOf(here, ({ from }) => from === own).length, 'the client probes the online server').toBeGreaterThanOrEqual(2);
  expect(
    probesOf(there, ({ from }) => from === own),
    'none of it is copied',
  ).toEqual([]);
  const probes = probesOf(there, ({ to }) => to === own);
  expect(probes.length, 'the target probes the client').toBeGreaterThanOrEqual(2);
  for (const probe of probes) {
    const answer = there.find(({ from, atUs, ack }) => from === own && atUs >= probe.atUs && atUs < probe.atUs + 200_000 && ack === ((probe.seq + 1) | 0));
    expect(answer, 'and is answered').toBeDefined();
  }
});

test.each([
  ['the client resets', 0, 'socket.resetAndDestroy()'],
  ['the servers close first and remember', 1, '0'],
] as const)('28: 20 connections a second from one fixed port, %s: each is copied', async (_, closesAfter, onAnswer) => {
  const CONNECTIONS = 40;
  for (const side of ['online', 'target'] as const) {
    await stage[side].stop();
    stage[side] = await serve(stage.lab, side, { closesAfter });
  }
  const script = `const net = require('node:net'); let answers = 0;
    const one = (index) => { if (index === ${CONNECTIONS}) return console.log(answers);
      const startedAt = Date.now();
      const socket = net.connect({ host: '${ADDRESS.online}', port: ${PORT}, localAddress: '${ADDRESS.client}', localPort: 5600 }, () => socket.write(Buffer.from([0, 0, 0, 2, index, 7])));
      socket.on('data', () => { answers++; ${onAnswer}; }).on('error', (error) => console.error(error.message));
      socket.on('close', () => setTimeout(() => one(index + 1), Math.max(0, 50 - (Date.now() - startedAt)))); };
    one(0);`;
  expect(await stage.lab.mustExec('client', [process.execPath, '-e', script], { timeoutMs: 30_000 })).toBe(`${CONNECTIONS}\n`);
  const [online, target] = await stage.streams();
  expect(online.length).toBe(CONNECTIONS);
  const withoutPort = (lines: string[]) => lines.map((line) => line.replace(/:\d+ /, ' ')).sort();
  expect(withoutPort(target), 'maybe from another port of the client’s address').toEqual(withoutPort(online));
});

test('48: a closed port at the target: said at once, and nothing of it reaches the client', async () => {
  await stage.target.stop();
  expect(await endingsOf(2, () => Promise.all([talk(stage.lab, requests(10)), talk(stage.lab, requests(20))]))).toEqual({ refusedByTarget: 2 });
  stage.target = await serve(stage.lab, 'target');
});

test('41, 47: in all of this nothing of the target and no ICMP error has reached the client', async () => {
  expect(await atClient.end()).toEqual([]);
});
