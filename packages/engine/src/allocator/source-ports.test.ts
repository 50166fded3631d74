import type { AddressWords } from '@parallax/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PortRange } from './port-range.ts';
import { SourcePorts } from './source-ports.ts';

const address: AddressWords = [0, 0, 0xffff, 1];
const source = (startPort?: number) => new SourcePorts(address, address, 80, startPort);
const never = () => false;
const whole = new PortRange(1024, 65_535);

/** Take all that there is. */
function exhaust(ports: SourcePorts, range: PortRange, nowS = 0, isTaken: (port: number) => boolean = never): number[] {
  const taken: number[] = [];
  for (let port = ports.find(range, nowS, isTaken); port !== 0; port = ports.find(range, nowS, isTaken)) {
    ports.take(port);
    taken.push(port);
  }
  return taken;
}

test.each([
  ['every port above 1023', whole, 64_512, 1024, 65_535],
  ['a range', new PortRange(20_000, 21_999), 2000, 20_000, 21_999],
  ['one port', new PortRange(65_535, 65_535), 1, 65_535, 65_535],
])('%s comes up once', (_, range, size, least, most) => {
  const taken = exhaust(source(40_000), range);
  expect([taken.length, new Set(taken).size, Math.min(...taken), Math.max(...taken), range.size]).toEqual([size, size, least, most, size]);
});

test('ports that somebody has are left out', () => {
  expect(exhaust(source(), new PortRange(2000, 2009), 0, (port) => port % 2 === 0)).toEqual([2001, 2003, 2005, 2007, 2009]);
});

test('what was returned is found at once, and only that', () => {
  const [ports, range] = [source(), new PortRange(2000, 2999)];
  exhaust(ports, range);
  ports.release(2345, 0, 0);
  expect(exhaust(ports, range)).toEqual([2345]);
});

test('a port cools before it is used again', () => {
  const [ports, range] = [source(), new PortRange(2000, 2001)];
  exhaust(ports, range, 10);
  ports.release(2000, 70, 10);
  expect([exhaust(ports, range, 69), exhaust(ports, range, 70)]).toEqual([[], [2000]]);
  expect(ports.isIdle(1000)).toBe(false);
  for (const port of [2000, 2001]) ports.release(port, 80, 75);
  expect([ports.isIdle(79), ports.isIdle(80)]).toEqual([false, true]);
});

test('what a client left is found after a second', () => {
  const [ports, range] = [source(), new PortRange(2000, 2000)];
  expect([ports.find(range, 5, () => true), ports.find(range, 5, never), ports.find(range, 6, never)]).toEqual([0, 0, 2000]);
});

test('agents that share a target have disjoint parts, which together are all', () => {
  const parts = [0, 1, 2].map((index) => new PortRange(1024, 65_535, index, 3));
  for (let port = 1; port < 65_536; port++) expect(parts.filter((part) => part.isOwn(port)).length).toBe(1);
  expect(parts.reduce((sum, { size }) => sum + size, 0)).toBe(64_512);
  const ephemeral = parts.map((part) => new PortRange(32_768, 60_999, part.shareIndex, 3).size);
  expect(Math.max(...ephemeral) - Math.min(...ephemeral)).toBeLessThanOrEqual(64);
});

test('no port is ever given twice, and none that is free is withheld', () => {
  const action = fc.oneof(fc.constant('take' as const), fc.record({ release: fc.nat(), coolS: fc.nat(3) }), fc.record({ passS: fc.nat(2) }));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), fc.integer({ min: 0, max: 65_535 }), (actions, start) => {
      const [ports, range] = [source(start), new PortRange(5000, 5019)];
      const live = new Set<number>();
      const coolUntilS = new Map<number, number>();
      let nowS = 0;
      let heldUntilS = 0; // after a search in vain, cooled ports may be seen a second late
      for (const each of actions) {
        if (each === 'take') {
          const port = ports.find(range, nowS, never);
          const free = Array.from({ length: 20 }, (_, index) => 5000 + index).filter((one) => !live.has(one) && (coolUntilS.get(one) ?? 0) <= nowS);
          if (port === 0) {
            if (nowS >= heldUntilS) expect(free).toEqual([]);
            heldUntilS = Math.max(heldUntilS, nowS + 1);
            continue;
          }
          expect(free).toContain(port);
          ports.take(port);
          live.add(port);
          expect(ports.live).toBe(live.size);
        } else if ('release' in each) {
          const port = [...live][each.release % Math.max(1, live.size)];
          if (port === undefined) continue;
          live.delete(port);
          coolUntilS.set(port, each.coolS === 0 ? 0 : nowS + each.coolS);
          ports.release(port, each.coolS === 0 ? 0 : nowS + each.coolS, nowS);
        } else nowS += each.passS;
      }
    }),
  );
});
