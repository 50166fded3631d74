import type { AddressWords } from '@parallax/wire';

const PLACES = 1024;

/** Gives the same address as the same array, as long as no other has taken its place: sessions of one client or server share one. */
export class AddressBook {
  readonly #known: (AddressWords | undefined)[] = new Array(PLACES).fill(undefined);

  of(w0: number, w1: number, w2: number, w3: number): AddressWords {
    const place = (Math.imul(w0 ^ w1 ^ w2 ^ w3, 0x9e3779b1) >>> 22) % PLACES;
    const known = this.#known[place];
    if (known !== undefined && known[3] === w3 && known[2] === w2 && known[1] === w1 && known[0] === w0) return known;
    const address: AddressWords = [w0, w1, w2, w3];
    this.#known[place] = address;
    return address;
  }
}
