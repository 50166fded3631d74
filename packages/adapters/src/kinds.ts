// Names of requests: the same bytes are the same string, and there are only so many of them.

/** Kinds of one mapping at most; those beyond are one kind together. */
export const MOST_KINDS = 64;
export const OTHER_KIND = 'other';

type Entry = { readonly name: string; readonly bytes: Uint8Array };

/** A bounded table of names. Looking up one that is known allocates nothing. */
export class Kinds {
  readonly #most: number;
  readonly #byHash = new Map<number, Entry[]>();
  #size = 0;

  constructor(most = MOST_KINDS) {
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  /** The name in bytes [0, lengthBytes), ASCII; `other` if it is new and the table is full. */
  intern(bytes: Uint8Array, lengthBytes: number): string {
    const known = this.find(bytes, lengthBytes);
    if (known !== null) return known;
    if (this.#size >= this.#most) return OTHER_KIND;
    return this.#add(bytes.slice(0, lengthBytes));
  }

  /** The name if it is known; null otherwise. */
  find(bytes: Uint8Array, lengthBytes: number): string | null {
    const entries = this.#byHash.get(hashOf(bytes, lengthBytes));
    if (entries === undefined) return null;
    for (let index = 0; index < entries.length; index++) if (isSame(entries[index]!.bytes, bytes, lengthBytes)) return entries[index]!.name;
    return null;
  }

  #add(bytes: Uint8Array): string {
    let name = '';
    for (const byte of bytes) name += String.fromCharCode(byte);
    const hash = hashOf(bytes, bytes.length);
    const entries = this.#byHash.get(hash) ?? [];
    entries.push({ name, bytes });
    this.#byHash.set(hash, entries);
    this.#size++;
    return name;
  }
}

/** A table of exactly these names. */
export function kindsOf(names: readonly string[]): Kinds {
  const kinds = new Kinds(names.length);
  for (const name of names) {
    const bytes = Uint8Array.from(name, (letter) => letter.charCodeAt(0));
    kinds.intern(bytes, bytes.length);
  }
  return kinds;
}

/** FNV-1a, 32 bits (draft-eastlake-fnv). */
function hashOf(bytes: Uint8Array, lengthBytes: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let index = 0; index < lengthBytes; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  return hash;
}

function isSame(known: Uint8Array, bytes: Uint8Array, lengthBytes: number): boolean {
  if (known.length !== lengthBytes) return false;
  for (let index = 0; index < lengthBytes; index++) if (known[index] !== bytes[index]) return false;
  return true;
}
