// What is over and must be known for a while, oldest first. A table leads to it by a number below zero, as it leads to what is parked by one from zero on.

/** Numbers come again after so many. */
const NUMBERS = 1 << 30;
/** The front of the list is cut off when so many have left it. */
const CUT = 1024;

export class Fading<Item extends { readonly deadlineMs: number }> {
  #items: Item[] = [];
  /** Those before it have left. */
  #at = 0;
  /** The number of the first of the list. */
  #first = 0;

  get size(): number {
    return this.#items.length - this.#at;
  }

  /** Returns its number, which is below zero. No deadline may be before that of an item added earlier. */
  add(item: Item): number {
    return ~((this.#first + this.#items.push(item) - 1) % NUMBERS);
  }

  get(number: number): Item {
    return this.#items[(~number - this.#first + NUMBERS) % NUMBERS]!;
  }

  /** Those whose time has come leave, and are told with their number. */
  expire(nowMs: number, leave: (item: Item, number: number) => void): void {
    while (this.#at < this.#items.length && this.#items[this.#at]!.deadlineMs <= nowMs) {
      const at = this.#at++;
      leave(this.#items[at]!, ~((this.#first + at) % NUMBERS));
    }
    if (this.#at < CUT && this.#at < this.#items.length) return;
    this.#items = this.#items.slice(this.#at);
    this.#first = (this.#first + this.#at) % NUMBERS;
    this.#at = 0;
  }

  *values(): IterableIterator<Item> {
    for (let at = this.#at; at < this.#items.length; at++) yield this.#items[at]!;
  }
}
