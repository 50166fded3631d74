import { formatAddress, parseAddress, shardOf } from '@parallax/wire';
import { expect, test } from 'vitest';
import { Leases, type Request } from './leases.ts';
import { realClients, SourceChoice, type SourcesConfig } from './source-choice.ts';

const target = parseAddress('10.9.0.1')!;
const server = parseAddress('10.1.0.1')!;
const choose = (change: Partial<SourcesConfig> = {}, at = target) => new SourceChoice({ ...realClients, ...change }, at);
const request = (client: string, clientPort: number, isFirst: boolean, change: Partial<Request> = {}): Request => ({
  client: parseAddress(client)!,
  clientPort,
  server,
  target,
  targetPort: 80,
  isFirst,
  ...change,
});

/** Copies are only their ends here. */
function rig(choice: SourceChoice) {
  const leases = new Leases(1);
  let nowMs = 0;
  return {
    leases,
    at(ms: number) {
      nowMs = ms;
    },
    open(wanted: Request) {
      const pair = leases.find(wanted, choice, nowMs);
      if (pair === null) return null;
      const copy = { source: pair.source, sourcePort: pair.port, target: wanted.target, targetPort: wanted.targetPort } as Parameters<Leases['add']>[0];
      expect(leases.copies.get({ words: wordsOf(copy) } as never), 'the pair is nobody’s').toBeUndefined();
      leases.add(copy);
      return { copy, text: `${formatAddress(pair.source)}:${pair.port}`, close: (coolMs = 0) => leases.remove(copy, copy, coolMs, nowMs) };
    },
    client(address: string, port: number, change: 1 | -1) {
      leases.countClient(parseAddress(address)!, port, target, 80, change);
    },
  };
}
const wordsOf = ({ source, sourcePort, target: to, targetPort }: Parameters<Leases['add']>[0]) =>
  Int32Array.of(...source, ...to, (sourcePort << 16) | targetPort);

test('the first copy has the client’s own pair, the others free ports of its address', () => {
  const { open } = rig(choose());
  expect(open(request('10.0.0.1', 4000, true))!.text).toBe('10.0.0.1:4000');
  const others = Array.from({ length: 50 }, () => open(request('10.0.0.1', 4000, false))!.text);
  expect(new Set(others).size).toBe(50);
  expect(others.every((text) => text.startsWith('10.0.0.1:') && text !== '10.0.0.1:4000')).toBe(true);
});

test('the first copy looks for another port only while its own is taken', () => {
  const { open } = rig(choose());
  const first = open(request('10.0.0.1', 4000, true))!;
  expect(open(request('10.0.0.1', 4000, true))!.text).not.toBe('10.0.0.1:4000');
  first.close(60_000);
  expect(open(request('10.0.0.1', 4000, true))!.text, 'even while the target remembers: so does the online server').toBe('10.0.0.1:4000');
});

test('a pair at another target or another port of it is another pair', () => {
  const { open } = rig(choose());
  const texts = [request('10.0.0.1', 4000, true), request('10.0.0.1', 4000, true, { targetPort: 81 }), request('10.0.0.1', 4000, true, { target: server })];
  expect(texts.map((each) => open(each)!.text)).toEqual(['10.0.0.1:4000', '10.0.0.1:4000', '10.0.0.1:4000']);
});

test('ports of real clients are not for copies of others, until the last of their connections is over', () => {
  const { open, client, at } = rig(choose({ ports: { first: 2000, last: 2001 } }));
  client('10.0.0.1', 2000, 1);
  client('10.0.0.1', 2000, 1);
  expect([1, 2].map(() => open(request('10.0.0.1', 4000, false))?.text)).toEqual(['10.0.0.1:2001', undefined]);
  client('10.0.0.1', 2000, -1);
  at(1000);
  expect(open(request('10.0.0.1', 4000, false))).toBeNull();
  client('10.0.0.1', 2000, -1);
  at(2000);
  expect(open(request('10.0.0.1', 4000, false))!.text).toBe('10.0.0.1:2000');
});

test('when the client’s address has no port left, the pool’s take turns; then there is none', () => {
  const { open } = rig(choose({ ports: { first: 2000, last: 2002 }, pool: ['10.5.0.0/30', '10.6.0.1', 'fd00::/64'] }));
  const texts = Array.from({ length: 13 }, () => open(request('10.0.0.1', 4000, false))?.text ?? 'none');
  const count = (address: string) => texts.filter((text) => text.startsWith(address)).length;
  expect([count('10.0.0.1:'), count('10.5.0.1:'), count('10.5.0.2:'), count('10.6.0.1:'), count('none')]).toEqual([3, 3, 3, 3, 1]);
  expect(new Set(texts).size).toBe(13);
});

test('a port that the target remembers rests', () => {
  const { open, at } = rig(choose({ ports: { first: 2000, last: 2000 } }));
  open(request('10.0.0.1', 4000, false))!.close(60_000);
  at(59_000);
  expect(open(request('10.0.0.1', 4000, false))).toBeNull();
  at(60_000);
  expect(open(request('10.0.0.1', 4000, false))!.text).toBe('10.0.0.1:2000');
});

test('the client’s own port is noted where others are looked for', () => {
  const { open } = rig(choose({ ports: { first: 4000, last: 4001 } }));
  const before = open(request('10.0.0.1', 4000, true))!; // before anybody looked
  expect([open(request('10.0.0.1', 5000, false))!.text, open(request('10.0.0.1', 5000, false))]).toEqual(['10.0.0.1:4001', null]);
  before.close();
});

test.each<[string, Partial<SourcesConfig>, string, RegExp | null]>([
  ['the client’s own', {}, '10.0.0.1', /^10\.0\.0\.1:4000$/],
  ['one for all', { identity: 'address', address: '10.7.7.7' }, '10.0.0.1', /^10\.7\.7\.7:4000$/],
  ['one of a pool', { identity: 'pool', pool: ['10.5.0.0/24'] }, '10.0.0.1', /^10\.5\.0\.\d+:4000$/],
  ['of loopback, none', {}, '127.0.0.1', null],
  ['of loopback, the one that was given', { loopbackAs: '10.8.8.8' }, '127.0.0.1', /^10\.8\.8\.8:4000$/],
  ['of the online server itself, the one that was given', { loopbackAs: '10.8.8.8' }, '10.1.0.1', /^10\.8\.8\.8:4000$/],
  ['of loopback, one of the pool', { pool: ['10.5.0.9'] }, '127.0.0.1', /^10\.5\.0\.9:\d+$/],
  ['of the other IP version, none', {}, '2001:db8::1', null],
  ['of the other IP version, one of the pool', { pool: ['10.5.0.9'] }, '2001:db8::1', /^10\.5\.0\.9:\d+$/],
  ['a pool of the other IP version is none', { identity: 'pool', pool: ['fd00::/120'] }, '10.0.0.1', null],
])('whose address: %s', (_, change, client, expected) => {
  const pair = rig(choose(change)).open(request(client, 4000, true));
  if (expected === null) expect(pair).toBeNull();
  else expect(pair!.text).toMatch(expected);
});

test('a client has the same address of a pool every time, and clients have many', () => {
  const choice = choose({ identity: 'pool', pool: ['10.5.0.0/24'] });
  const of = (client: number) => formatAddress(choice.ownOf(parseAddress(`10.0.${client >> 8}.${client & 255}`)!, server)!);
  const addresses = Array.from({ length: 500 }, (_, client) => of(client));
  expect(addresses).toEqual(Array.from({ length: 500 }, (_, client) => of(client)));
  expect(new Set(addresses).size).toBeGreaterThan(200);
});

test('a pair of the pool is not taken while a real client has it', () => {
  const { open, client } = rig(choose({ identity: 'address', address: '10.7.7.7' }));
  client('10.7.7.7', 4000, 1);
  expect(open(request('10.0.0.1', 4000, true))!.text).not.toBe('10.7.7.7:4000');
});

test('agents that share a target never have the same pair, whatever their clients’ ports', () => {
  const texts = [0, 1].flatMap((index) => {
    const { open } = rig(choose({ share: { index, count: 2 }, ports: { first: 4000, last: 4999 } }));
    return Array.from({ length: 700 }, (_, count) => open(request('10.0.0.1', 4000 + count, true))?.text).filter((text) => text !== undefined);
  });
  expect(texts.length).toBe(1000);
  expect(new Set(texts).size).toBe(1000);
});

test.each([
  ['the clients’ own addresses', {}],
  ['one address for all', { identity: 'address', address: '10.7.7.7' }],
  ['a pool', { identity: 'pool', pool: ['10.5.0.0/28'] }],
  ['a part of the ports', { share: { index: 1, count: 2 } }],
] satisfies [string, Partial<SourcesConfig>][])(
  'packet paths of one agent, %s: each leases only ports whose packets come to it, and first copies keep their clients’ ports',
  (_, change) => {
    const count = 3;
    const texts = [0, 1, 2].flatMap((index) => {
      const choice = choose({ ...change, ports: { first: 10_000, last: 19_999 }, shard: { index, count } });
      const { open } = rig(choice);
      const clientPorts = Array.from({ length: 900 }, (_, at) => 40_000 + at).filter((port) => shardOf(port, count) === index);
      return clientPorts.flatMap((port) => {
        const own = open(request('10.0.0.1', port, true))!;
        if (choice.range.isOwn(port)) expect(own.copy.sourcePort).toBe(port);
        const copies = [own, open(request('10.0.0.1', port, false))!];
        for (const { copy } of copies) expect(shardOf(copy.sourcePort, count)).toBe(index);
        return copies.map(({ text }) => text);
      });
    });
    expect(texts.length).toBe(1800);
    expect(new Set(texts).size, 'no pair is used twice').toBe(1800);
  },
);

test('addresses that nothing is used of any more are forgotten', () => {
  const { open, leases } = rig(choose({ pool: ['10.5.0.0/24'] }));
  const opened = Array.from({ length: 100 }, (_, client) => open(request(`10.0.0.${client + 1}`, 4000, false))!);
  for (const each of opened) each.close();
  leases.sweep(1000);
  expect(leases.sourcesKnown).toBe(0);
});
