// Virtual time: what is to happen, by the microsecond, in an order that a seed repeats exactly.

/** Is it [from, to) ms? */
export const isWithin = (nowUs: number, [fromMs, toMs]: readonly [number, number]): boolean => nowUs >= fromMs * 1000 && nowUs < toMs * 1000;

type Event = { atUs: number; order: number; run: () => void };

const isBefore = (a: Event, b: Event) => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);

/** A binary heap of events; `nowUs` moves only when one runs. */
export class Schedule {
  nowUs = 0;
  #order = 0;
  readonly #heap: Event[] = [];

  get nowMs(): number {
    return this.nowUs / 1000;
  }
  get isEmpty(): boolean {
    return this.#heap.length === 0;
  }

  after(delayUs: number, run: () => void): void {
    this.at(this.nowUs + Math.max(0, Math.round(delayUs)), run);
  }

  at(atUs: number, run: () => void): void {
    const heap = this.#heap;
    const event = { atUs: Math.max(atUs, this.nowUs), order: this.#order++, run };
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  /** Run the next event, unless it lies beyond `untilUs`: then time stands at `untilUs`. */
  step(untilUs: number): boolean {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.atUs > untilUs) {
      this.nowUs = Math.max(this.nowUs, untilUs);
      return false;
    }
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    this.nowUs = first.atUs;
    first.run();
    return true;
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, event)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = event;
  }
}
