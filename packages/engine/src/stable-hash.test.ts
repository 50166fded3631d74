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
