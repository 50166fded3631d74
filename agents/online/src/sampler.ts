// One second of one mapping: what grew since the last sample.
import { LatencyHistogram } from '@parallax/agent-kit/child';
import { type Ending, endings, type Mapping } from '@parallax/engine';
import type { Ledger, MappingSample } from '@parallax/protocol';

/** Counts that belong to the device, not to one mapping; cumulative. */
export interface DeviceCounts {
  captureDropped: number;
  sendFailed: number;
}

const cumulative = (mapping: Mapping, device: DeviceCounts) => ({
  sessionsOpened: mapping.sessionsOpened,
  onlineExchanges: mapping.onlineExchanges,
  targetExchanges: mapping.targetExchanges,
  bytesCaptured: mapping.ledger.bytesCaptured,
  bytesInjected: mapping.bytesInjected,
  packetsCaptured: mapping.packetsCaptured,
  packetsInjected: mapping.packetsInjected,
  answers: mapping.answers,
  captureDropped: device.captureDropped,
  sendFailed: device.sendFailed,
});

export function ledgerOf(mapping: Mapping): Ledger {
  const { ledger } = mapping;
  return {
    copies: { ...Object.fromEntries<number>(endings.map((ending: Ending) => [ending, ledger.ended[ending]])), inFlight: ledger.inFlight } as Ledger['copies'],
    bytesCaptured: ledger.bytesCaptured,
    bytesDelivered: ledger.bytesDelivered,
    bytesInFlight: ledger.bytesInFlight,
    bytesLost: ledger.bytesLost,
  };
}

export class Sampler {
  readonly online = new LatencyHistogram();
  readonly target = new LatencyHistogram();
  readonly #mapping: Mapping;
  #last: ReturnType<typeof cumulative>;

  constructor(mapping: Mapping, device: DeviceCounts) {
    this.#mapping = mapping;
    this.#last = cumulative(mapping, device);
  }

  /** What happened since the last call. */
  take(device: DeviceCounts): MappingSample {
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
      latency: { online: this.online.take(), target: this.target.take() },
      ledger: ledgerOf(mapping),
    };
  }
}
