// Paired exchanges by how long the online server took: what a scatter shows, in ten lines. Pure.

export type Tenth = { name: string; pairs: number; onlineUs: readonly [number, number]; targetP50Us: number; differenceP50Us: number; slower: number };

const medianOf = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1]!;

/** The quickest tenth first; none without pairs. */
export function tenthsOf(pairs: readonly (readonly [number, number])[]): Tenth[] {
  const sorted = [...pairs].sort((a, b) => a[0] - b[0]);
  const tenths: Tenth[] = [];
  for (let tenth = 0; tenth < 10; tenth++) {
    const part = sorted.slice(Math.round((tenth * sorted.length) / 10), Math.round(((tenth + 1) * sorted.length) / 10));
    if (part.length === 0) continue;
    tenths.push({
      name: `${tenth + 1}. tenth`,
      pairs: part.length,
      onlineUs: [part[0]![0], part.at(-1)![0]],
      targetP50Us: medianOf(part.map(([, target]) => target)),
      differenceP50Us: medianOf(part.map(([online, target]) => target - online)),
      slower: part.filter(([online, target]) => target > online).length,
    });
  }
  return tenths;
}
