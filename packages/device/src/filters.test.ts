import { ACK, FIN, PSH, RST, SYN } from '@parallax/wire';
import { describe, expect, test } from 'vitest';
import { runBpf } from './bpf-run.ts';
import { mirrorFilterOf } from './client-filter.ts';
import { type PacketWords, tcpPacket } from './conformance/packets.ts';
import type { CaptureFilter } from './contract.ts';
import { answersFilter, HEADER_BYTES, mirrorFilter } from './filters.ts';
import { pcapFilter } from './libpcap.ts';

const WHOLE = 'whole';
const HEADERS = 'headers';
const DROP = 'drop';
const IN = 0;
const OTHERHOST = 3;
const OUT = 4;

const client = { ipv4: '10.0.0.9', ipv6: 'fd00::9' };
const toServer = { from: client.ipv4, to: '10.0.0.1', fromPort: 40_000, toPort: 80 };
const fromServer = { from: '10.0.0.1', to: client.ipv4, fromPort: 80, toPort: 40_000 };
const toServer6 = { from: client.ipv6, to: 'fd00::1', fromPort: 40_000, toPort: 80 };
const fromServer6 = { from: 'fd00::1', to: client.ipv6, fromPort: 80, toPort: 40_000 };
const payload = new Uint8Array(500);

/** What the filter does with the packet, in the words above. */
function verdict(filter: CaptureFilter, words: PacketWords, packetType: number, protocol?: number, random = 0): string {
  const packet = tcpPacket({ payload, ...words });
  const kept = runBpf(filter.program, packet, { packetType, protocol: protocol ?? (packet[0]! >> 4 === 6 ? 0x86dd : 0x0800), random });
  return kept === 0 ? DROP : kept === packet.length ? WHOLE : kept === HEADER_BYTES ? HEADERS : `${kept} bytes`;
}

describe('mirrorFilter of 10.0.0.1:80, fd00::1:80 and *:443', () => {
  const filter = mirrorFilter([
    { address: '10.0.0.1', port: 80 },
    { address: 'fd00::1', port: 80 },
    { address: null, port: 443 },
    { address: '10.0.0.2', port: 80 },
  ]);
  test.each<[string, PacketWords, number, string]>([
    ['a request comes whole', toServer, IN, WHOLE],
    ['a response leaves its headers', fromServer, OUT, HEADERS],
    ['IPv6 too', toServer6, IN, WHOLE],
    ['IPv6 responses too', fromServer6, OUT, HEADERS],
    ['our own copy to a target on the same port number', { ...toServer, to: '10.0.0.5' }, OUT, DROP],
    ['our own copy to the very listen address', toServer, OUT, DROP],
    ['an answer that comes in from port 80', fromServer, IN, DROP],
    ['another port', { ...toServer, toPort: 81 }, IN, DROP],
    ['another address', { ...toServer, to: '10.0.0.3' }, IN, DROP],
    ['another IPv6 address, same last word', { ...toServer6, to: 'fd00:1::1' }, IN, DROP],
    ['the second address of a port', { ...toServer, to: '10.0.0.2' }, IN, WHOLE],
    ['any IPv4 address on 443', { ...toServer, to: '192.0.2.7', toPort: 443 }, IN, WHOLE],
    ['any IPv6 address on 443', { ...toServer6, to: '2001:db8::7', toPort: 443 }, IN, WHOLE],
    ['a response from 443', { ...fromServer6, fromPort: 443 }, OUT, HEADERS],
    ['a packet to another host, seen in passing', toServer, OTHERHOST, DROP],
    ['options before the ports', { ...toServer, optionWords: 10 }, IN, WHOLE],
    ['options, another port', { ...toServer, optionWords: 3, toPort: 81 }, IN, DROP],
    ['a later fragment whose bytes look like the port', { ...toServer, fragmentOffset: 185 }, IN, DROP],
    ['the first fragment', { ...toServer, fragmentOffset: 0x2000 }, IN, WHOLE],
    ['UDP', { ...toServer, protocol: 17 }, IN, DROP],
    ['IPv6 behind an extension header', { ...toServer6, protocol: 0 }, IN, DROP],
  ])('%s', (_, words, packetType, expected) => {
    expect(verdict(filter, words, packetType)).toBe(expected);
  });

  test.each<[string, PacketWords, number, number, string]>([
    ['a copy that ends a request leaves its headers', { ...toServer, to: '10.0.0.5', payload: new Uint8Array(200) }, OUT, ACK | PSH, HEADERS],
    ['a copy in the middle of one is dropped', { ...toServer, to: '10.0.0.5', payload: new Uint8Array(200) }, OUT, ACK, DROP],
    ['a copy’s SYN', { ...toServer, to: '10.0.0.5', payload: new Uint8Array(0) }, OUT, SYN, WHOLE],
    ['an IPv6 copy', { ...toServer6, to: 'fd00::5', payload: new Uint8Array(200) }, OUT, ACK | PSH, HEADERS],
    ['an IPv6 copy in the middle of a request', { ...toServer6, to: 'fd00::5', payload: new Uint8Array(200) }, OUT, ACK, DROP],
    ['a copy’s bare acknowledgement is dropped', { ...toServer, to: '10.0.0.5', payload: new Uint8Array(0) }, OUT, ACK, DROP],
    ['the same to another port is dropped', { ...toServer, to: '10.0.0.5', toPort: 81, payload: new Uint8Array(200) }, OUT, ACK, DROP],
    ['what comes in for the target’s address is dropped', { ...toServer, to: '10.0.0.5' }, IN, ACK, DROP],
    ['a response is still one', { ...fromServer, payload: new Uint8Array(200) }, OUT, ACK, HEADERS],
  ])('with targets named: %s', (_, words, pkttype, flags, expected) => {
    const own = mirrorFilter(
      [{ address: '10.0.0.1', port: 80 }],
      [
        { address: '10.0.0.5', port: 80 },
        { address: 'fd00::5', port: 80 },
      ],
    );
    expect(verdict(own, { ...words, flags }, pkttype)).toBe(expected);
  });

  test.each<[string, PacketWords, number, number, string]>([
    ['a bare acknowledgement of the service is dropped', fromServer, OUT, ACK, DROP],
    ['IPv6 too', fromServer6, OUT, ACK, DROP],
    ['behind IP options too', { ...fromServer, optionWords: 3 }, OUT, ACK, DROP],
    ['one with a byte of payload is kept', { ...fromServer, payload: new Uint8Array(200) }, OUT, ACK, HEADERS],
    ['a SYN+ACK is kept', { ...fromServer, optionWords: 10 }, OUT, ACK | SYN, WHOLE],
    ['a FIN is kept', fromServer6, OUT, ACK | FIN, WHOLE],
    ['a reset is kept', fromServer, OUT, RST, WHOLE],
    ['a bare acknowledgement of the client is kept', toServer, IN, ACK, WHOLE],
  ])('%s', (_, words, packetType, flags, expected) => {
    const full = { payload: new Uint8Array(0), ...words, flags };
    const unlucky = verdict(filter, full, packetType, undefined, 0xffff_ffff);
    expect(unlucky).toBe(expected);
    const lucky = verdict(filter, full, packetType, undefined, 8);
    expect(lucky).toBe(expected === DROP ? WHOLE : expected); // shorter than the snap length
  });

  test('what only looks like IPv4 is dropped', () => {
    expect(verdict(filter, toServer, IN, 0x8847)).toBe(DROP);
  });
});

describe('answersFilter', () => {
  const many = Array.from({ length: 150 }, (_, index) => [
    { address: `10.1.${index >> 4}.${index}`, port: 6379 + (index % 3) },
    { address: `fd01::${index.toString(16)}`, port: 6379 + (index % 3) },
  ]).flat();
  const filter = answersFilter(many);

  test('every one of 300 targets, headers only, in any direction', () => {
    for (const [index, { address, port }] of many.entries()) {
      const to = address.includes(':') ? client.ipv6 : client.ipv4;
      const words = { from: address, to, fromPort: port, toPort: 40_000 };
      expect(verdict(filter, words, [IN, OUT, OTHERHOST][index % 3]!)).toBe(HEADERS);
      expect(verdict(filter, { ...words, fromPort: port === 6379 ? 6380 : port - 1 }, IN)).toBe(DROP);
      expect(verdict(filter, { ...words, from: to, to: address, fromPort: 40_000, toPort: port }, IN)).toBe(DROP);
    }
  });

  test('a target that is read comes whole, and the others as before', () => {
    const some = many.map((each, index) => ({ ...each, isRead: index % 5 === 0 }));
    for (const [index, { address, port, isRead }] of some.entries()) {
      const words = { from: address, to: address.includes(':') ? client.ipv6 : client.ipv4, fromPort: port, toPort: 40_000 };
      expect(verdict(answersFilter(some), words, [IN, OUT, OTHERHOST][index % 3]!)).toBe(isRead ? WHOLE : HEADERS);
      expect(verdict(answersFilter(some), { ...words, fromPort: port === 6379 ? 6382 : port + 3 }, IN)).toBe(DROP);
    }
  });

  test('so many targets that no program holds them are refused', () => {
    const tooMany = Array.from({ length: 5000 }, (_, index) => ({ address: `10.2.${index >> 8}.${index & 255}`, port: 80 }));
    expect(() => answersFilter(tooMany)).toThrow('use fewer addresses');
  });
});

describe('mirrorFilter of 10.0.0.1:80 and *:443, which are read, and 10.0.0.2:80, which is not', () => {
  const filter = mirrorFilter(
    [
      { address: '10.0.0.1', port: 80, isRead: true },
      { address: '10.0.0.2', port: 80 },
      { address: null, port: 443, isRead: true },
    ],
    [{ address: '10.0.0.5', port: 80 }],
  );
  test.each<[string, PacketWords, number, number, string]>([
    ['a response that is read comes whole', fromServer, OUT, ACK, WHOLE],
    ['IPv6 too', { ...fromServer6, fromPort: 443 }, OUT, ACK, WHOLE],
    ['behind IP options too', { ...fromServer, optionWords: 3 }, OUT, ACK, WHOLE],
    ['one that is not leaves its headers', { ...fromServer, from: '10.0.0.2' }, OUT, ACK, HEADERS],
    ['a bare acknowledgement is dropped', { ...fromServer, payload: new Uint8Array(0) }, OUT, ACK, DROP],
    ['of the other too', { ...fromServer, from: '10.0.0.2', payload: new Uint8Array(0) }, OUT, ACK, DROP],
    ['a FIN is kept', { ...fromServer, payload: new Uint8Array(0) }, OUT, ACK | FIN, WHOLE],
    ['a request comes whole', toServer, IN, ACK, WHOLE],
    ['a copy that ends a request leaves its headers', { ...toServer, to: '10.0.0.5' }, OUT, ACK | PSH, HEADERS],
    ['nobody else’s', { ...fromServer, from: '10.0.0.3' }, OUT, ACK, DROP],
  ])('%s', (_, words, packetType, flags, expected) => {
    expect(verdict(filter, { ...words, flags }, packetType, undefined, 0xffff_ffff)).toBe(expected);
  });
});

describe('ranges of ports', () => {
  const filter = mirrorFilter([
    { address: '10.0.0.1', port: 8000, lastPort: 8010 },
    { address: '10.0.0.2', port: 8005, lastPort: 8020 },
    { address: null, port: 8008, lastPort: 8008 },
    { address: null, port: 65_530, lastPort: 65_535 },
    { address: 'fd00::1', port: 1, lastPort: 9000 },
  ]);
  const cases: [string, number, boolean][] = [
    ['10.0.0.1', 7999, false],
    ['10.0.0.1', 8000, true],
    ['10.0.0.1', 8004, true],
    ['10.0.0.1', 8005, true],
    ['10.0.0.1', 8010, true],
    ['10.0.0.1', 8011, false],
    ['10.0.0.2', 8004, false],
    ['10.0.0.2', 8005, true],
    ['10.0.0.2', 8011, true],
    ['10.0.0.2', 8020, true],
    ['10.0.0.2', 8021, false],
    ['10.0.0.3', 8008, true],
    ['10.0.0.3', 8009, false],
    ['10.0.0.3', 65_529, false],
    ['10.0.0.3', 65_530, true],
    ['10.0.0.3', 65_535, true],
    ['fd00::1', 1, true],
    ['fd00::1', 9000, true],
    ['fd00::1', 9001, false],
    ['fd00::2', 8000, false],
    ['fd00::2', 8008, true],
  ];
  test.each(cases)('%s port %d: %s', (to, toPort, isIn) => {
    const from = to.includes(':') ? client.ipv6 : client.ipv4;
    expect(verdict(filter, { from, to, fromPort: 40_000, toPort }, IN)).toBe(isIn ? WHOLE : DROP);
    expect(verdict(pcapFilter(filter.expression), { from, to, fromPort: 40_000, toPort }, IN)).toBe(isIn ? WHOLE : DROP);
  });

  test('ports told one by one are one range', () => {
    const endpoints = Array.from({ length: 1000 }, (_, index) => ({ address: '10.0.0.1', port: 9000 + index }));
    expect(answersFilter(endpoints).program.length).toBe(answersFilter([{ address: '10.0.0.1', port: 9000, lastPort: 9999 }]).program.length);
  });
});

describe('with a filter of the operator', () => {
  const filter = mirrorFilterOf([{ address: '10.0.0.1', port: 80 }], [{ address: '10.0.0.5', port: 80 }], 'src net 10.0.0.0/28 or src host 192.0.2.1');
  test.each<[string, PacketWords, number, string]>([
    ['a client that matches', toServer, IN, WHOLE],
    ['a client that does not', { ...toServer, from: '10.0.0.99' }, IN, DROP],
    ['the other half of it', { ...toServer, from: '192.0.2.1' }, IN, WHOLE],
    ['what the service answers to any client', { ...fromServer, to: '10.0.0.99' }, OUT, WHOLE],
    ['a copy', { ...toServer, from: '10.0.0.99', to: '10.0.0.5' }, OUT, WHOLE],
    ['another port', { ...toServer, toPort: 81 }, IN, DROP],
  ])('%s', (_, words, packetType, expected) => {
    expect(verdict(filter, words, packetType)).toBe(expected);
  });
  test.each(['src net', 'port 80) or (tcp', 'nonsense'])('"%s" is refused in libpcap’s words', (expression) => {
    expect(() => mirrorFilterOf([{ address: null, port: 80 }], [], expression)).toThrow(`filter "${expression}" is not valid: `);
  });
});

test.each([mirrorFilter([]), answersFilter([])])('an empty list captures nothing', (filter) => {
  expect(verdict(filter, toServer, IN)).toBe(DROP);
  expect(verdict(pcapFilter(filter.expression), toServer, IN)).toBe(DROP);
});

test.each([
  ['"10.0.0" is not an IP address', { address: '10.0.0', port: 80 }],
  ['"fe80::1%eth0" is not an IP address', { address: 'fe80::1%eth0', port: 80 }],
  ['port 0 is outside', { address: '10.0.0.1', port: 0 }],
])('%s', (words, endpoint) => {
  expect(() => answersFilter([endpoint])).toThrow(words);
  expect(() => mirrorFilter([endpoint])).toThrow(words);
});

test('the expression lets through all that the program keeps', () => {
  const filter = mirrorFilter([
    { address: '10.0.0.1', port: 80 },
    { address: 'fd00::1', port: 80 },
    { address: null, port: 443 },
  ]);
  const compiled = pcapFilter(filter.expression);
  for (const words of [toServer, toServer6, { ...toServer, toPort: 443 }]) expect(verdict(compiled, words, IN)).toBe(WHOLE);
  for (const words of [fromServer, fromServer6, { ...fromServer6, fromPort: 443 }]) expect(verdict(compiled, words, OUT)).toBe(WHOLE);
  expect(verdict(compiled, { ...toServer, toPort: 81 }, IN)).toBe(DROP);
});
