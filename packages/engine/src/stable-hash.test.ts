import { parseAddress } from '@parallax/wire';
import { expect, test } from 'vitest';
import { drawOfAddress, drawOfSession, Salt } from './stable-hash.ts';

const client = (number: number) => parseAddress(`10.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`)!;
const SAMPLES = 20_000;

/** Largest distance between the share of draws below each of 100 marks and the mark. */
function unevenness(draw: (index: number) => number): number {
  const bins = new Array<number>(100).fill(0);
  for (let index = 0; index < SAMPLES; index++) bins[Math.floor(draw(index) * 100)]!++;
  let sum = 0;
  const shares = bins.map((count) => {
    sum += count;
    return sum / SAMPLES;
  });
  return Math.max(...shares.map((share, bin) => Math.abs(share - (bin + 1) / 100)));
}

test.each<[string, (index: number) => number]>([
  ['client addresses in a row', (index) => drawOfAddress(Salt.selection, client(index))],
  ['ports in a row', (index) => drawOfSession(Salt.selection, client(1), 1024 + index, 80, 7)],
  ['every second port', (index) => drawOfSession(Salt.selection, client(1), (1024 + index * 2) & 0xffff, 80, index)],
  ['one port with numbers in a row', (index) => drawOfSession(Salt.selection, client(1), 4000, 80, index * 64_000)],
  ['the fraction’s draw', (index) => drawOfSession(Salt.fraction, client(index), 4000, 80, 7)],
])('%s draw evenly', (_, draw) => {
  expect(unevenness(draw)).toBeLessThan(0.012); // 1.63 / √n is what chance exceeds in one of a hundred (Kolmogorov)
});

/** 32 bits that look like the numbers a kernel begins connections with; always the same ones. */
function kernelNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0; // SplitMix32: nothing that the hash under test is made of
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
}

const GROUPS = 200;
const GROUP_SESSIONS = 400;
const number = kernelNumbers(1);
const clients = Array.from({ length: 5 }, (_, index) => client(10 + index));
const many = Array.from({ length: GROUPS * GROUP_SESSIONS }, (_, index) => client(index));

// Sessions in groups as large as a small test, a minute of traffic, a pool of connections: in each the share that is drawn must be as far from
// the wanted one as chance would have it, neither on one side (the mean) nor too far (the sum of squares, χ² of as many degrees as groups).
test.each<[string, (session: number, group: number) => Parameters<typeof drawOfSession>]>([
  ['few clients, ports in a row', (session, group) => [Salt.fraction, clients[session % 5]!, 32_768 + group * 80 + Math.floor(session / 5), 8003, number()]],
  ['few clients, even ports', (session, group) => [Salt.fraction, clients[session % 5]!, (32_768 + group * 160 + session) & 0xfffe, 8003, number()]],
  ['few clients, ports in a row, no number', (session, group) => [Salt.fraction, clients[session % 5]!, 32_768 + group * 80 + Math.floor(session / 5), 80, 0]],
  [
    'few clients, even ports, no number',
    (session, group) => [Salt.fraction, clients[session % 5]!, (group * 160 + 2 * Math.floor(session / 5)) & 0xffff, 80, 0],
  ],
  ['ports with equal low bits', (session, group) => [Salt.selection, client(group * 7 + (session >> 7)), (session & 127) * 512, 80, 0]],
  ['ports with equal high bits', (session, group) => [Salt.selection, client(group * 7 + (session >> 6)), 40_000 + (session & 63), 80, 0]],
  ['numbers in a row', (session, group) => [Salt.selection, clients[0]!, 4000, 80, group * GROUP_SESSIONS + session]],
  ['numbers by the clock', (session, group) => [Salt.selection, clients[0]!, 4000, 80, (group * 1_000_003 + session * 1562) | 0]],
  ['a server’s ports', (session, group) => [Salt.fraction, clients[group % 5]!, 40_000 + group, 1 + session, 7]],
  ['many clients, one port', (session, group) => [Salt.selection, many[group * GROUP_SESSIONS + session]!, 4000, 80, 0]],
])('%s: the draws of many small groups are as uneven as chance, not more', (_, keyOf) => {
  const shares = [0.01, 0.1, 0.3, 0.5, 0.9];
  const squares = shares.map(() => 0);
  const sums = shares.map(() => 0);
  for (let group = 0; group < GROUPS; group++) {
    const counts = shares.map(() => 0);
    for (let session = 0; session < GROUP_SESSIONS; session++) {
      const draw = drawOfSession(...keyOf(session, group));
      for (const [index, share] of shares.entries()) if (draw < share) counts[index]!++;
    }
    for (const [index, share] of shares.entries()) {
      const deviations = (counts[index]! - GROUP_SESSIONS * share) / Math.sqrt(GROUP_SESSIONS * share * (1 - share));
      squares[index]! += deviations ** 2;
      sums[index]! += deviations;
    }
  }
  for (const [index, share] of shares.entries()) {
    expect(Math.abs(sums[index]!) / Math.sqrt(GROUPS), `mean at ${share}`).toBeLessThan(3.5); // standard deviations, both
    expect((squares[index]! - GROUPS) / Math.sqrt(2 * GROUPS), `χ² at ${share}`).toBeLessThan(3.5);
  }
});

test('two draws of one session have nothing to do with each other', () => {
  let both = 0;
  for (let index = 0; index < SAMPLES; index++) {
    const [a, b] = [Salt.selection, Salt.fraction].map((salt) => drawOfSession(salt, client(index), 4000, 80, index));
    if (a! < 0.5 && b! < 0.5) both++;
  }
  expect(both / SAMPLES).toBeCloseTo(0.25, 2);
});

test('draws are the same everywhere and for good', () => {
  expect(drawOfAddress(Salt.selection, parseAddress('10.90.0.10')!)).toMatchInlineSnapshot(`0.8005391873884946`);
  expect(drawOfSession(Salt.fraction, parseAddress('2001:db8::1')!, 4000, 443, -5)).toMatchInlineSnapshot(`0.3686907507944852`);
});
