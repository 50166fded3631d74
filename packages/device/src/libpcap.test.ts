import { expect, test } from 'vitest';
import { runBpf } from './bpf-run.ts';
import { tcpPacket } from './conformance/packets.ts';
import { pcapFilter } from './libpcap.ts';

const ipv4 = tcpPacket({ from: '10.0.0.9', to: '10.0.0.1', fromPort: 40_000, toPort: 80, payload: new Uint8Array(200) });
const ipv6 = tcpPacket({ from: 'fd00::9', to: 'fd00::1', fromPort: 40_000, toPort: 80, payload: new Uint8Array(200) });
const kept = (expression: string, packet: Uint8Array, snapBytes?: number, packetType = 0) =>
  runBpf(pcapFilter(expression, snapBytes).program, packet, { packetType, protocol: packet[0] === 0x60 ? 0x86dd : 0x0800 });

test.each([
  ['tcp dst port 80', true, true],
  ['tcp src port 80', false, false],
  ['host 10.0.0.1 and tcp', true, false],
  ['net 10.0.0.0/8', true, false],
  ['ip6 and dst host fd00::1', false, true],
  ['tcp[tcpflags] & tcp-syn != 0', true, false],
  ['ip[8] = 64 and len > 100', true, false],
  ['', true, true],
])('"%s" is compiled for packets that begin at their IP header', (expression, takesIpv4, takesIpv6) => {
  expect([kept(expression, ipv4) > 0, kept(expression, ipv6) > 0]).toEqual([takesIpv4, takesIpv6]);
});

test('matches are cut at the snap length', () => {
  expect([kept('tcp', ipv4, 128), kept('tcp', ipv4), kept('udp', ipv4, 128)]).toEqual([128, ipv4.length, 0]);
});

test('direction is known', () => {
  expect([kept('inbound', ipv4, 64, 0), kept('inbound', ipv4, 64, 4), kept('outbound', ipv4, 64, 4)]).toEqual([64, 0, 64]);
});

test('what is not IP is dropped, whatever the expression', () => {
  expect(runBpf(pcapFilter('').program, ipv4, { packetType: 0, protocol: 0x0806 })).toBe(0);
});

test('a bad expression is answered in the words of libpcap', () => {
  expect(() => pcapFilter('tcp and foo')).toThrow(/^filter "tcp and foo" is not valid: .+/);
  expect(() => pcapFilter('port 99999999')).toThrow(/^filter "port 99999999" is not valid: .+/);
});
