// How a span of comparison is stored: two blobs, all kinds together and each by itself, so that the first can be read without the second.
//   total  version │ seconds covered │ handshakes online, target │ sum │ for each side: resets, not understood, clock set (older spans end before)
//   kinds  version │ count │ (name, sum) …
//   sum    for each side: exchanges, errors, first byte, last byte │ held │ differences │ chosen pairs
// Numbers are LEB128; names, sums, histograms and pairs are preceded by their length in bytes.
import { ByteReader, ByteWriter, Histogram } from '@parallax/latency';
import type { Measure, SecondCounts, SideCounts } from '@parallax/protocol';
import type { KindSum, SideSum } from './kind-sum.ts';

const VERSION = 1;

/** A sum whose histograms are still encoded: a second as an agent told it, or a histogram that nobody needs to look into. */
export interface EncodedSide {
  count: number;
  errors: number;
  firstByte: Uint8Array;
  lastByte: Uint8Array;
}
export interface EncodedSum {
  online: EncodedSide;
  target: EncodedSide;
  held: Uint8Array;
  difference: Uint8Array;
  chosen: Uint8Array;
}
export interface EncodedTotal {
  /** Seconds of which something is known; the rest is a gap. */
  seconds: number;
  connect: { online: Uint8Array; target: Uint8Array };
  sum: EncodedSum;
  counts: SecondCounts;
}

const small = (histogram: Histogram, isCoarse: boolean): Uint8Array => (isCoarse ? histogram.coarsened() : histogram).encode();
const encodeSide = ({ count, errors, firstByte, lastByte }: SideSum, isCoarse: boolean): EncodedSide => ({
  count,
  errors,
  firstByte: small(firstByte, isCoarse),
  lastByte: small(lastByte, isCoarse),
});

/** `isCoarse`: with 2 significant digits instead of 3. */
export const encodeSum = (sum: KindSum, isCoarse: boolean): EncodedSum => ({
  online: encodeSide(sum.online, isCoarse),
  target: encodeSide(sum.target, isCoarse),
  held: small(sum.held, isCoarse),
  difference: small(sum.difference, isCoarse),
  chosen: sum.chosen.encode(),
});

/** What of a sum somebody looks at: the rest stays encoded. Counts, errors and differences are always wanted. */
export interface Wanted {
  measures: readonly Measure[];
  held: boolean;
  pairs: boolean;
}
export const EVERYTHING: Wanted = { measures: ['firstByte', 'lastByte'], held: true, pairs: true };

function addSide(to: SideSum, side: EncodedSide, measures: readonly Measure[]): void {
  to.count += side.count;
  to.errors += side.errors;
  for (const measure of measures) to[measure].addEncoded(side[measure]);
}

/** @throws if a histogram is not one. */
export function addSum(to: KindSum, sum: EncodedSum, { measures, held, pairs }: Wanted = EVERYTHING): void {
  addSide(to.online, sum.online, measures);
  addSide(to.target, sum.target, measures);
  to.difference.addEncoded(sum.difference);
  if (held) to.held.addEncoded(sum.held);
  if (pairs) to.chosen.mergeEncoded(sum.chosen);
}

const parts = new ByteWriter();
const whole = new ByteWriter();

function writeSum(writer: ByteWriter, { online, target, held, difference, chosen }: EncodedSum): void {
  for (const { count, errors, firstByte, lastByte } of [online, target]) {
    writer.unsigned(count);
    writer.unsigned(errors);
    writer.bytes(firstByte);
    writer.bytes(lastByte);
  }
  writer.bytes(held);
  writer.bytes(difference);
  writer.bytes(chosen);
}

const readSide = (reader: ByteReader): EncodedSide => ({
  count: reader.unsigned(),
  errors: reader.unsigned(),
  firstByte: reader.bytes(),
  lastByte: reader.bytes(),
});
const readSum = (reader: ByteReader): EncodedSum => ({
  online: readSide(reader),
  target: readSide(reader),
  held: reader.bytes(),
  difference: reader.bytes(),
  chosen: reader.bytes(),
});

function open(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader(bytes);
  const version = reader.unsigned();
  if (version !== VERSION) throw new Error(`a stored span of comparison has the version ${version}, this console reads ${VERSION}`);
  return reader;
}

export const noCounts = (): SecondCounts => ({ online: { resets: 0, notUnderstood: 0, clockSet: 0 }, target: { resets: 0, notUnderstood: 0, clockSet: 0 } });

export function addCounts(to: SecondCounts, counts: SecondCounts): void {
  for (const side of ['online', 'target'] as const) {
    to[side].resets += counts[side].resets;
    to[side].notUnderstood += counts[side].notUnderstood;
    to[side].clockSet += counts[side].clockSet;
  }
}

const readCounts = (reader: ByteReader): SideCounts => ({ resets: reader.unsigned(), notUnderstood: reader.unsigned(), clockSet: reader.unsigned() });

export function packTotal({ seconds, connect, sum, counts }: EncodedTotal): Uint8Array<ArrayBuffer> {
  whole.reset();
  whole.unsigned(VERSION);
  whole.unsigned(seconds);
  whole.bytes(connect.online);
  whole.bytes(connect.target);
  writeSum(whole, sum);
  for (const { resets, notUnderstood, clockSet } of [counts.online, counts.target]) {
    whole.unsigned(resets);
    whole.unsigned(notUnderstood);
    whole.unsigned(clockSet);
  }
  return whole.take();
}

/** Views into `bytes`, not copies. */
export function unpackTotal(bytes: Uint8Array): EncodedTotal {
  const reader = open(bytes);
  const total = { seconds: reader.unsigned(), connect: { online: reader.bytes(), target: reader.bytes() }, sum: readSum(reader) };
  return { ...total, counts: reader.isAtEnd ? noCounts() : { online: readCounts(reader), target: readCounts(reader) } };
}

export function packKinds(kinds: ReadonlyMap<string, EncodedSum>): Uint8Array<ArrayBuffer> {
  whole.reset();
  whole.unsigned(VERSION);
  whole.unsigned(kinds.size);
  for (const [kind, sum] of kinds) {
    whole.text(kind);
    parts.reset();
    writeSum(parts, sum);
    whole.bytes(parts.take());
  }
  return whole.take();
}

/** Every kind, or only the one that is asked for: the others are skipped unread. */
export function unpackKinds(bytes: Uint8Array, only: string | null = null): Map<string, EncodedSum> {
  const reader = open(bytes);
  const kinds = new Map<string, EncodedSum>();
  for (let left = reader.unsigned(); left > 0; left--) {
    const kind = reader.text();
    const packed = reader.bytes();
    if (only === null || only === kind) kinds.set(kind, readSum(new ByteReader(packed)));
  }
  return kinds;
}

/** Handshakes of both sides. */
export class ConnectSum {
  readonly online = new Histogram();
  readonly target = new Histogram();

  add({ online, target }: EncodedTotal['connect']): void {
    this.online.addEncoded(online);
    this.target.addEncoded(target);
  }
}
