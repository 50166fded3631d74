// Booleans of objects that there are many of, as bits of one number: a field of its own takes eight bytes each.

interface Flagged {
  flags: number;
}

/** Define `names` as boolean properties of a class whose instances have a field `flags`, 0 at first; at most 31. The class `declare`s them. */
export function defineBooleans<Name extends string>(prototype: Flagged & Record<Name, boolean>, names: readonly Name[]): void {
  if (names.length > 31) throw new Error(`${names.length} booleans do not fit one number; take a second one`);
  names.forEach((name, index) => {
    const bit = 1 << index;
    Object.defineProperty(prototype, name, {
      get(this: Flagged): boolean {
        return (this.flags & bit) !== 0;
      },
      set(this: Flagged, value: boolean) {
        if (value) this.flags |= bit;
        else this.flags &= ~bit;
      },
    });
  });
}
