// One second of one mapping: what grew since the last sample.
import { randomInt, randomUUID } from 'node:crypto';
import type { Account, Mapping } from '@parallax/engine';
import { type KindSecond as EncodedKind, type SideSecond as EncodedSide, Histogram, SecondRecorder, type SideName } from '@parallax/latency';
import type { ComparisonSecond, Forecast, KindSecond, Ledger, LedgerBuckets, MappingSample, SecondCounts, SideSecond } from '@parallax/protocol';

/** Counts that belong to the device, not to one mapping; cumulative. */
export interface DeviceCounts {
  captureDropped: number;
  sendFailed: number;
}

const cumulative = (mapping: Mapping, device: DeviceCounts) => ({
  sessionsOpened: mapping.sessionsOpened,
  onlineExchanges: mapping.onlineExchanges,
  targetExchanges: mapping.targetExchanges,
  bytesCaptured: mapping.ledger.bytes.asked,
  bytesInjected: mapping.bytesInjected,
  packetsCaptured: mapping.packetsCaptured,
  packetsInjected: mapping.packetsInjected,
  answers: mapping.answers,
  captureDropped: device.captureDropped,
  sendFailed: device.sendFailed,
});

const bucketsOf = (account: Account): LedgerBuckets => ({ ...account.ended, inFlight: account.inFlight });

export function ledgerOf(mapping: Mapping): Ledger {
  const { copies, exchanges, bytes } = mapping.ledger;
  return { copies: bucketsOf(copies), exchanges: bucketsOf(exchanges), bytes: bucketsOf(bytes) };
}

const text = (bytes: Uint8Array<ArrayBuffer> | null): string | null => (bytes === null ? null : Buffer.from(bytes.buffer).toString('base64'));
const sideText = ({ count, errors, firstByte, lastByte }: EncodedSide): SideSecond => ({ count, errors, firstByte: text(firstByte), lastByte: text(lastByte) });
const kindText = ({ kind, online, target, held, pairs }: EncodedKind): KindSecond => ({
  kind,
  online: sideText(online),
  target: sideText(target),
  held: text(held),
  pairs: { count: pairs.count, difference: text(pairs.difference), chosen: text(pairs.chosen) },
});

function takeText(histogram: Histogram): string | null {
  const taken = histogram.count === 0 ? null : text(histogram.encode());
  histogram.reset();
  return taken;
}

const noCounts = (): SecondCounts => ({ online: { resets: 0, notUnderstood: 0, clockSet: 0 }, target: { resets: 0, notUnderstood: 0, clockSet: 0 } });

export class Sampler {
  /** First-byte latencies of all kinds together, for the live chart. */
  readonly #second: Record<SideName, Histogram> = { online: new Histogram(), target: new Histogram() };
  readonly #mapping: Mapping;
  readonly #recorder: SecondRecorder;
  readonly #run = randomUUID();
  #counts = noCounts();
  #sequence = 0;
  #last: ReturnType<typeof cumulative>;

  constructor(mapping: Mapping, device: DeviceCounts) {
    this.#mapping = mapping;
    this.#recorder = new SecondRecorder(randomInt(2 ** 31));
    this.#last = cumulative(mapping, device);
  }

  answered(side: SideName, kind: string, firstByteUs: number): void {
    const { online, target } = this.#second;
    if (firstByteUs >= 0) (side === 'online' ? online : target).record(firstByteUs); // one name for each access: V8 looks names that vary up
    this.#recorder.answered(this.#recorder.kind(kind), side, firstByteUs);
  }
  finished(side: SideName, kind: string, lastByteUs: number, isError: boolean): void {
    this.#recorder.finished(this.#recorder.kind(kind), side, lastByteUs, isError);
  }
  paired(kind: string, onlineUs: number, targetUs: number): void {
    this.#recorder.pair(this.#recorder.kind(kind), onlineUs, targetUs);
  }
  held(kind: string, us: number): void {
    this.#recorder.held(this.#recorder.kind(kind), us);
  }
  notUnderstood(side: SideName): void {
    this.#counts[side].notUnderstood++;
  }
  clockSet(side: SideName): void {
    this.#counts[side].clockSet++;
  }
  reset(side: SideName): void {
    this.#counts[side].resets++;
  }
  connected(side: SideName, us: number): void {
    this.#recorder.connect(side, us);
  }

  /** What happened since the last call, as the second that began at `secondMs` of this host's clock. */
  takeSecond(secondMs: number): ComparisonSecond {
    const { connect, kinds } = this.#recorder.take();
    const counts = this.#counts;
    this.#counts = noCounts();
    return {
      type: 'comparison',
      mappingId: this.#mapping.id,
      run: this.#run,
      sequence: this.#sequence++,
      secondMs,
      ageMs: Math.max(0, Date.now() - secondMs - 1000),
      connect: { online: text(connect.online), target: text(connect.target) },
      kinds: kinds.map(kindText),
      counts,
    };
  }

  /** What happened since the last call. `forecast` undefined: not looked at in this second. */
  take(device: DeviceCounts, nowMs: number, forecast: Forecast | null | undefined): MappingSample {
    const mapping = this.#mapping;
    const last = this.#last;
    const now = cumulative(mapping, device);
    this.#last = now;
    return {
      type: 'sample',
      mappingId: mapping.id,
      atMs: Date.now(),
      sessionsOpen: mapping.sessionsOpen,
      sessionsOpened: now.sessionsOpened - last.sessionsOpened,
      copiesOpen: mapping.copiesOpen,
      exchanges: { online: now.onlineExchanges - last.onlineExchanges, target: now.targetExchanges - last.targetExchanges },
      bytes: { captured: now.bytesCaptured - last.bytesCaptured, injected: now.bytesInjected - last.bytesInjected },
      packets: {
        captured: now.packetsCaptured - last.packetsCaptured,
        captureDropped: now.captureDropped - last.captureDropped,
        injected: now.packetsInjected - last.packetsInjected,
        sendFailed: now.sendFailed - last.sendFailed,
        answers: now.answers - last.answers,
      },
      latency: { online: takeText(this.#second.online), target: takeText(this.#second.target) },
      ledger: ledgerOf(mapping),
      percent: mapping.selection.percentAt(nowMs),
      ...(forecast === undefined ? {} : { forecast }),
    };
  }
}
