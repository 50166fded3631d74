/** By how much cumulative counts have grown; one that was not there before began at 0. */
export const grown = <Counts extends Record<string, number>>(now: Counts, before: Readonly<Record<string, number>>): Counts =>
  Object.fromEntries(Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)])) as Counts;
