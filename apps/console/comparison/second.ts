// A second as an agent told it becomes a stored span.
import { seededRandom } from '@parallax/latency';
import type { ComparisonSecond, KindSecond, SideSecond } from '@parallax/protocol';
import { KindSum } from './kind-sum.ts';
import { addSum, ConnectSum, type EncodedSide, type EncodedSum, encodeSum, noCounts, packKinds, packTotal } from './pack.ts';
import { PAIRS_OF_TOTAL } from './span.ts';

const NOTHING = new Uint8Array();
const bytesOf = (base64: string | null): Uint8Array => (base64 === null ? NOTHING : Buffer.from(base64, 'base64'));
const sideOf = ({ count, errors, firstByte, lastByte }: SideSecond): EncodedSide => ({
  count,
  errors,
  firstByte: bytesOf(firstByte),
  lastByte: bytesOf(lastByte),
});
const sumOf = ({ online, target, held, pairs }: KindSecond): EncodedSum => ({
  online: sideOf(online),
  target: sideOf(target),
  held: bytesOf(held),
  difference: bytesOf(pairs.difference),
  chosen: bytesOf(pairs.chosen),
});

const random = seededRandom(3);
const total = new KindSum(PAIRS_OF_TOTAL, random);

/** @throws if one of its histograms is not one. */
export function packSecond({ connect, kinds, counts = noCounts() }: ComparisonSecond): { total: Uint8Array<ArrayBuffer>; kinds: Uint8Array<ArrayBuffer> } {
  const sums = new Map(kinds.map((each) => [each.kind, sumOf(each)]));
  total.reset();
  for (const sum of sums.values()) addSum(total, sum);
  const handshakes = { online: bytesOf(connect.online), target: bytesOf(connect.target) };
  new ConnectSum().add(handshakes);
  return { total: packTotal({ seconds: 1, connect: handshakes, sum: encodeSum(total, false), counts }), kinds: packKinds(sums) };
}
