// The last minutes of every mapping, in memory. A second that no agent reported is simply not there.
import { Histogram } from '@parallax/latency';
import { type LiveSample, LiveSample as LiveSampleSchema, type MappingSample } from '@parallax/protocol';

export const keptMs = 15 * 60_000;
const windowMs = 60_000;
/** Beyond this an agent's clock is wrong, and the time of arrival is the better one. */
const clockToleranceMs = 2_000;

type Side = 'online' | 'target';
type SideLatency = LiveSample['latency']['online'];

function percentiles(histogram: Histogram | null): SideLatency {
  if (!histogram) return { count: 0, p50Us: null, p90Us: null, p99Us: null };
  return { count: histogram.count, p50Us: histogram.percentileUs(50), p90Us: histogram.percentileUs(90), p99Us: histogram.percentileUs(99) };
}

const decode = (encoded: string): Histogram => Histogram.from(Buffer.from(encoded, 'base64'));

/** The merged histogram of the last minute: each second is added once and taken out again when it is a minute old. */
class RollingHistogram {
  readonly #sum = new Histogram();
  #parts: { atMs: number; encoded: string }[] = [];

  add(atMs: number, encoded: string | null): Histogram | null {
    const second = encoded === null ? null : decode(encoded);
    if (second && encoded !== null) {
      this.#sum.add(second);
      this.#parts.push({ atMs, encoded });
    }
    while (this.#parts[0] && this.#parts[0].atMs <= atMs - windowMs) this.#sum.subtract(decode(this.#parts.shift()!.encoded));
    return second;
  }

  get latency(): SideLatency {
    return percentiles(this.#sum);
  }
}

class MappingHistory {
  samples: LiveSample[] = [];
  readonly rolling: Record<Side, RollingHistogram> = { online: new RollingHistogram(), target: new RollingHistogram() };
}

export class SampleHistory {
  #histories = new Map<string, MappingHistory>();

  /** Keeps the sample with its percentiles. @throws if a histogram cannot be decoded. */
  add(sample: MappingSample, nowMs: number): LiveSample {
    const history = this.#histories.get(sample.mappingId) ?? new MappingHistory();
    this.#histories.set(sample.mappingId, history);
    const atMs = Math.abs(nowMs - sample.atMs) <= clockToleranceMs ? sample.atMs : nowMs;
    const online = history.rolling.online.add(atMs, sample.latency.online);
    const target = history.rolling.target.add(atMs, sample.latency.target);
    const live = LiveSampleSchema.parse({
      ...sample,
      atMs,
      latency: { online: percentiles(online), target: percentiles(target) },
      lastMinute: { online: history.rolling.online.latency, target: history.rolling.target.latency },
    });
    history.samples.push(live);
    while (history.samples[0] && history.samples[0].atMs < atMs - keptMs) history.samples.shift();
    return live;
  }

  /** Samples of one mapping, oldest first. */
  of(mappingId: string, sinceMs = 0): LiveSample[] {
    return this.#histories.get(mappingId)?.samples.filter((sample) => sample.atMs >= sinceMs) ?? [];
  }

  forget(mappingId: string): void {
    this.#histories.delete(mappingId);
  }
}
