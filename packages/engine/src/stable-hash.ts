// Draws that come out the same on every host and in every run, so that a session or a client is in or out everywhere and for good.
import type { AddressWords } from '@parallax/wire';

/** One kind of draw each: what is drawn twice of one session must not agree by chance. */
export const Salt = { selection: 0x51ec7ed1, fraction: 0x0f4ac710, source: 0x50c4a11e } as const;

/** MurmurHash3, x86, 32 bits: one word. */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** Its finalizer: every bit of the input moves every bit of the result. */
function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const mixAddress = (salt: number, [a, b, c, d]: AddressWords): number => mix(mix(mix(mix(salt, a), b), c), d);

/** In [0, 1), of an address alone. */
export const drawOfAddress = (salt: number, address: AddressWords): number => finish(mixAddress(salt, address)) / 4294967296;

/** In [0, 1), of one connection: a client that connects again from the same port draws again. */
export const drawOfSession = (salt: number, client: AddressWords, clientPort: number, serverPort: number, iss: number): number =>
  finish(mix(mix(mixAddress(salt, client), (clientPort << 16) | serverPort), iss)) / 4294967296;
