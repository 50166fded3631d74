// Latencies of one second of one side: HDR, 3 significant digits, µs.
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

const MOST_US = 3_600_000_000;

export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MOST_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
    bitBucketSize: 32,
  });

  record(latencyUs: number): void {
    this.#histogram.recordValue(Math.min(Math.max(1, Math.round(latencyUs)), MOST_US));
  }

  /** What was recorded since the last call as HDR V2, compressed, base64; null if nothing was. */
  take(): string | null {
    if (this.#histogram.totalCount === 0) return null;
    const encoded = encodeIntoCompressedBase64(this.#histogram);
    this.#histogram.reset();
    return encoded;
  }
}
