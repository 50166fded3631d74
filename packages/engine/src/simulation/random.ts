/** Random numbers that a seed repeats exactly (sfc32). */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(seed, 0x9e3779b9) ^ 0x243f6a88;
    this.#c = 0xb7e15162;
    for (let round = 0; round < 15; round++) this.word();
  }

  /** 32 random bits as int32. */
  word(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t;
  }
  /** In [0, 1). */
  ratio(): number {
    return (this.word() >>> 0) / 4294967296;
  }
  /** True with this probability. */
  chance(ratio: number): boolean {
    return ratio > 0 && this.ratio() < ratio;
  }
  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.ratio() * (most - least + 1));
  }
  /** Mostly small, now and then up to `most`. */
  skewed(least: number, most: number): number {
    return least + Math.floor((most - least + 1) * this.ratio() ** 4);
  }
  pick<T>(values: readonly T[]): T {
    return values[this.between(0, values.length - 1)]!;
  }
  /** A sequence number, in half of the cases so close to 2^32 that it soon wraps. */
  sequence(): number {
    return this.chance(0.5) ? -this.between(1, 5000) : this.word();
  }
}
