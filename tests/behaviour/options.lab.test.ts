// What copies agree on with the target, whatever the client agreed on with the online server (docs/tcp-behaviour.md: rows 2 to 6, 31 to 34, 49).
import { ADDRESS, growthOf, kernelCounters, type Lab } from '@parallax/lab';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ACK, CWR, ECE, FAST_OPEN, MPTCP, type Packet, RST, recordHeaders, SACK, SYN, TIMESTAMPS } from './capture.ts';
import { answerBytesOf, PORT, requests, type Stage, setStage, sysctl, type TalkOptions, talk } from './stage.ts';

const TCP_FASTOPEN_CONNECT: [number, number, number] = [6, 30, 1];
const IPPROTO_MPTCP = 262;
const IP_TOS: [number, number, number] = [0, 1, 0xb8]; // expedited forwarding
const IP_TTL: [number, number, number] = [0, 2, 9];

let stage: Stage;
beforeAll(async () => {
  // A server looks at this when it begins to listen.
  const prepare = async (lab: Lab) => {
    for (const host of ['online', 'target'] as const) await sysctl(lab, host, 'net.ipv4.tcp_fastopen', 0x403);
  };
  stage = await setStage('o', [], { prepare });
});
afterAll(async () => {
  expect((await kernelCounters(stage.lab, 'target'))('TcpExtPAWSEstab'), 'segments that the target threw away for their timestamps').toBe(0);
  await stage.down();
});
const restore: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of restore.splice(0)) await undo();
});

/** Set a kernel setting for one test. */
async function set(host: 'client' | 'online' | 'target', key: string, value: string | number): Promise<void> {
  const before = (await stage.lab.mustExec(host, ['cat', `/proc/sys/${key.replaceAll('.', '/')}`])).trim();
  await sysctl(stage.lab, host, key, value);
  restore.push(() => sysctl(stage.lab, host, key, before));
}

/** Run one session of three requests; its packets at the client and at the target, and whether the target got the same bytes. */
async function mirrorOne(options: TalkOptions = {}, lengths = [10, 3000, 400]) {
  const recordings = await Promise.all((['client', 'target'] as const).map((host) => recordHeaders(stage.lab, host, `tcp port ${PORT}`)));
  const port = await talk(stage.lab, requests(...lengths), options);
  const [online, target] = await stage.streams();
  expect(target, 'the same bytes from the same client').toEqual(online);
  const own = `${ADDRESS.client}:${port}`;
  const [client, copies] = (await Promise.all(recordings.map(({ take }) => take()))) as [Packet[], Packet[]];
  const of = (packets: Packet[], match: (packet: Packet) => boolean) => packets.filter(match);
  expect(of(client, ({ from }) => from.startsWith(ADDRESS.target))).toEqual([]);
  const said = of(client, ({ from }) => from === own);
  const copied = of(copies, ({ from }) => from === own);
  const answers = of(copies, ({ to }) => to === own);
  return {
    said,
    copied,
    answers,
    syn: said.find(({ flags }) => (flags & (SYN | ACK)) === SYN)!,
    copiedSyn: copied.find(({ flags }) => (flags & (SYN | ACK)) === SYN)!,
    synAck: answers.find(({ flags }) => (flags & SYN) !== 0)!,
  };
}

test('2: the client’s sequence numbers, the target’s acknowledgements', async () => {
  const { syn, copiedSyn, synAck, copied, answers } = await mirrorOne();
  expect(copiedSyn.seq).toBe(syn.seq);
  const last = answers.reduce((most, { seq, payloadBytes, flags }) => Math.max(most, ((seq - synAck.seq) | 0) + payloadBytes + (flags & 1)), 1);
  for (const { ack, flags } of copied.filter((packet) => (packet.flags & ACK) !== 0)) {
    if ((flags & RST) === 0) expect((ack - synAck.seq) | 0).toBeGreaterThan(0);
    expect((ack - synAck.seq) | 0).toBeLessThanOrEqual(last);
  }
});

test('3: a client that loses packets says SACK to the online server; copies neither offer nor say it', async () => {
  await stage.lab.mustExec('switch', [
    'sh',
    '-euc',
    `nft add table bridge holes
    nft 'add chain bridge holes forward { type filter hook forward priority 0; }'
    nft 'add rule bridge holes forward oifname p-client ip saddr ${ADDRESS.online} tcp sport ${PORT} numgen random mod 100 < 20 drop'`,
  ]);
  restore.push(async () => void (await stage.lab.mustExec('switch', ['nft', 'delete', 'table', 'bridge', 'holes'])));
  // Many answers at once, so that some arrive beyond a hole.
  const many = Array.from({ length: 40 }, () => 6999);
  const atClient = await recordHeaders(stage.lab, 'client', `tcp port ${PORT}`);
  const atTarget = await recordHeaders(stage.lab, 'target', `tcp dst port ${PORT}`);
  await talk(stage.lab, [...many.map((bytes) => ['send', bytes] as ['send', number]), ['receive', many.length * answerBytesOf(6999)], ['close']]);
  const [online, target] = await stage.streams();
  expect(target).toEqual(online);
  const [client, copies] = [await atClient.take(), await atTarget.take()];
  expect(
    client.some(({ kinds }) => kinds.includes(SACK)),
    'the client said SACK',
  ).toBe(true);
  expect(copies.filter(({ kinds }) => kinds.includes(SACK) || kinds.includes(4))).toEqual([]);
});

test('4, 49: timestamps of our own that never go back; TTL 64 and DSCP 0 whatever the client’s', async () => {
  const { said, copied } = await mirrorOne({ options: [IP_TTL, IP_TOS] });
  expect(said.map(({ ttl, dscp }) => [ttl, dscp])).toContainEqual([9, 46]);
  for (const packet of copied) expect([packet.ttl, packet.dscp, packet.ecn]).toEqual([64, 0, 0]);
  const stamps = copied.filter(({ kinds }) => kinds.includes(TIMESTAMPS)).map(({ tsVal }) => tsVal);
  expect(stamps.length).toBeGreaterThan(4);
  for (const [index, value] of stamps.entries()) expect((value - stamps[Math.max(0, index - 1)]!) | 0).toBeGreaterThanOrEqual(0);
});

test('5: a target without timestamps gets none, and segments use the room', async () => {
  await set('target', 'net.ipv4.tcp_timestamps', 0);
  const { copiedSyn, synAck, copied, said } = await mirrorOne();
  expect([copiedSyn.kinds.includes(TIMESTAMPS), synAck.kinds.includes(TIMESTAMPS)]).toEqual([true, false]);
  expect(copied.filter((packet) => packet !== copiedSyn && packet.kinds.length > 0)).toEqual([]);
  expect(
    said.some(({ kinds, flags }) => (flags & SYN) === 0 && kinds.includes(TIMESTAMPS)),
    'the client itself goes on with them',
  ).toBe(true);
});

test('5: a client without timestamps', async () => {
  await set('client', 'net.ipv4.tcp_timestamps', 0);
  const { copied } = await mirrorOne();
  expect(copied.filter(({ kinds }) => kinds.includes(TIMESTAMPS))).toEqual([]);
});

test.each([
  ['target', 'client'],
  ['client', 'target'],
] as const)('6: window scaling off on the %s only: whole answers at full rate', async (host, other) => {
  await set(host, 'net.ipv4.tcp_window_scaling', 0);
  expect((await stage.lab.mustExec(other, ['cat', '/proc/sys/net/ipv4/tcp_window_scaling'])).trim()).toBe('1');
  const lengths = Array.from({ length: 30 }, () => 69_999); // answers of 7000 bytes
  const startedAtMs = performance.now();
  const { copiedSyn, synAck, copied, answers } = await mirrorOne({}, lengths);
  expect(performance.now() - startedAtMs, 'no stall').toBeLessThan(4000);
  expect(synAck.windowScale >= 0 && copiedSyn.windowScale >= 0).toBe(false);
  expect(
    copied.every(({ window, flags }) => (flags & RST) !== 0 || window >= 32_768),
    'our window stays wide open',
  ).toBe(true);
  const sent = answers.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0);
  expect(sent, 'nothing of the target’s is sent twice').toBe(lengths.length * 7000);
});

test('31: SYN cookies at the target', async () => {
  await set('target', 'net.ipv4.tcp_syncookies', 2);
  const grown = await growthOf(stage.lab, 'target', async () => {
    await mirrorOne();
    await set('target', 'net.ipv4.tcp_timestamps', 0); // then the cookie has no room for options
    await mirrorOne();
  });
  expect(grown('TcpExtSyncookiesSent')).toBeGreaterThanOrEqual(2);
  expect(grown('TcpExtSyncookiesRecv')).toBe(grown('TcpExtSyncookiesSent'));
  expect(grown('TcpExtSyncookiesFailed')).toBe(0);
});

test('32: a Fast Open client: data in its SYN, none in the copy’s, all of it after the handshake', async () => {
  const first = await mirrorOne({ options: [TCP_FASTOPEN_CONNECT] });
  expect(first.syn.kinds, 'asks for a cookie').toContain(FAST_OPEN);
  const second = await mirrorOne({ options: [TCP_FASTOPEN_CONNECT] });
  expect(second.syn.payloadBytes, 'the client’s SYN carries the request').toBe(14);
  for (const { copiedSyn, copied } of [first, second]) {
    expect(copiedSyn.payloadBytes).toBe(0);
    expect(copied.filter(({ kinds }) => kinds.includes(FAST_OPEN))).toEqual([]);
  }
});

test('33: an MPTCP client: copies are plain TCP', async () => {
  for (const host of ['client', 'online'] as const) await set(host, 'net.mptcp.enabled', 1);
  const { said, syn, copied } = await mirrorOne({ protocol: IPPROTO_MPTCP });
  expect(syn.kinds).toContain(MPTCP);
  expect(said.length).toBeGreaterThan(3);
  expect(copied.filter(({ kinds }) => kinds.includes(MPTCP))).toEqual([]);
});

test('34: a client that speaks ECN: neither the copy’s SYN nor its packets do', async () => {
  for (const host of ['client', 'online', 'target'] as const) await set(host, 'net.ipv4.tcp_ecn', 1);
  const { said, syn, copied, synAck } = await mirrorOne();
  expect(syn.flags & (ECE | CWR)).toBe(ECE | CWR);
  expect(said.some(({ ecn }) => ecn !== 0)).toBe(true);
  for (const { flags, ecn } of copied) expect([flags & (ECE | CWR), ecn]).toEqual([0, 0]);
  expect(synAck.flags & ECE).toBe(0);
});
