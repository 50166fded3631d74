// Counts of spans by bucket. Recording touches one page of 256 counts; merging adds counts, so no percentile is ever averaged.
import { bucketOf, coarse, MOST_INDEX, middleUs } from './bucket.ts';
import { ByteReader, ByteWriter } from './varint.ts';

const PAGE_BITS = 8;
const PAGE = 1 << PAGE_BITS;
/** Page of index 0: pages before it hold negative spans. */
const ZERO_PAGE = (MOST_INDEX >> PAGE_BITS) + 1;
const PAGES = 2 * ZERO_PAGE + 1;

const writer = new ByteWriter();

export class Histogram {
  #pages: (Float64Array | undefined)[] = [];
  #firstPage = PAGES;
  #lastPage = -1;
  #count = 0;

  static from(encoded: Uint8Array): Histogram {
    const histogram = new Histogram();
    histogram.addEncoded(encoded);
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  /** One span in µs; negative ones are kept as such. */
  record(us: number): void {
    this.addAt(bucketOf(us), 1);
  }

  addAt(index: number, count: number): void {
    const page = (index >> PAGE_BITS) + ZERO_PAGE;
    const counts = this.#pages[page] ?? this.#openPage(page);
    counts[index & (PAGE - 1)]! += count;
    if (page < this.#firstPage) this.#firstPage = page;
    if (page > this.#lastPage) this.#lastPage = page;
    this.#count += count;
  }

  #openPage(page: number): Float64Array {
    if (page < 0 || page >= PAGES) throw new Error(`a histogram has no page ${page}`);
    const counts = new Float64Array(PAGE);
    this.#pages[page] = counts;
    return counts;
  }

  add(other: Histogram): void {
    other.forEach((index, count) => {
      this.addAt(index, count);
    });
  }

  /** Takes out what was added before. */
  subtract(other: Histogram): void {
    other.forEach((index, count) => {
      this.addAt(index, -count);
    });
  }

  /** The same counts in fewer buckets (`coarse`). */
  coarsened(): Histogram {
    const histogram = new Histogram();
    this.forEach((index, count) => {
      histogram.addAt(coarse(index), count);
    });
    return histogram;
  }

  /** Every bucket that is not empty, lowest first. */
  forEach(visit: (index: number, count: number) => void): void {
    for (let page = this.#firstPage; page <= this.#lastPage; page++) {
      const counts = this.#pages[page];
      if (counts === undefined) continue;
      const base = (page - ZERO_PAGE) << PAGE_BITS;
      for (let at = 0; at < PAGE; at++) {
        const count = counts[at]!;
        if (count > 0) visit(base + at, count);
      }
    }
  }

  /** Empty again; its pages stay for what comes next. */
  reset(): void {
    for (let page = this.#firstPage; page <= this.#lastPage; page++) this.#pages[page]?.fill(0);
    this.#firstPage = PAGES;
    this.#lastPage = -1;
    this.#count = 0;
  }

  /** The span that `percent` of the spans do not exceed (nearest rank), µs; null when there is none. */
  percentileUs(percent: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil((this.#count * percent) / 100 - 1e-9));
    let seen = 0;
    for (let page = this.#firstPage; page <= this.#lastPage; page++) {
      const counts = this.#pages[page];
      if (counts === undefined) continue;
      for (let at = 0; at < PAGE; at++) {
        seen += counts[at]!;
        if (seen >= rank) return middleUs(((page - ZERO_PAGE) << PAGE_BITS) + at);
      }
    }
    return null;
  }

  meanUs(): number | null {
    let sum = 0;
    this.forEach((index, count) => {
      sum += middleUs(index) * count;
    });
    return this.#count === 0 ? null : sum / this.#count;
  }

  /**
   * What was counted, lowest bucket first. Each: the distance from the bucket before (the first: its index, zigzag) doubled, plus 1 if the count
   * is not 1 and follows. Empty for an empty histogram.
   */
  encode(): Uint8Array<ArrayBuffer> {
    writer.reset();
    let last = 0;
    this.forEach((index, count) => {
      const step = writer.length === 0 ? (index < 0 ? -2 * index - 1 : 2 * index) : index - last;
      writer.unsigned(2 * step + (count === 1 ? 0 : 1));
      if (count !== 1) writer.unsigned(count);
      last = index;
    });
    return writer.take();
  }

  /** Adds what `encode` wrote. @throws if it did not write that. */
  addEncoded(encoded: Uint8Array): void {
    const reader = new ByteReader(encoded);
    let index = 0;
    for (let isFirst = true; !reader.isAtEnd; isFirst = false) {
      const token = reader.unsigned();
      const step = Math.floor(token / 2);
      if (step === 0 && !isFirst) throw new Error('a histogram names a bucket twice');
      index = isFirst ? (step % 2 === 0 ? step / 2 : -(step + 1) / 2) : index + step;
      if (Math.abs(index) > MOST_INDEX) throw new Error(`a histogram has no bucket ${index}`);
      this.addAt(index, token % 2 === 0 ? 1 : reader.unsigned());
    }
  }
}
