// What an online agent printed with `--latency`, added up: counts, errors and merged histograms of each kind and both servers.
import { type Running, waitUntil } from '@parallax/lab';
import { Histogram } from '@parallax/latency';

type Spread = { histogram: string } | null;
type SideLine = { count: number; errors: number; firstByte: Spread; lastByte: Spread };
type KindLine = {
  mappingId: string;
  secondMs: number;
  kind: string;
  online: SideLine;
  target: SideLine;
  held: Spread;
  pairs: { count: number; difference: Spread };
};

export class SideTotal {
  count = 0;
  errors = 0;
  readonly firstByte = new Histogram();
  readonly lastByte = new Histogram();

  add({ count, errors, firstByte, lastByte }: SideLine): void {
    this.count += count;
    this.errors += errors;
    addTo(this.firstByte, firstByte);
    addTo(this.lastByte, lastByte);
  }
}

export class KindTotal {
  readonly online = new SideTotal();
  readonly target = new SideTotal();
  readonly held = new Histogram();
  readonly difference = new Histogram();
  pairs = 0;
}

function addTo(histogram: Histogram, spread: Spread): void {
  if (spread !== null) histogram.addEncoded(Buffer.from(spread.histogram, 'base64'));
}

/** Everything it said so far of one mapping (default: of all), by kind; from its line `fromLine` on. */
export function latenciesOf({ lines }: Running, mappingId?: string, fromLine = 0): Map<string, KindTotal> {
  const kinds = new Map<string, KindTotal>();
  for (const line of lines.slice(fromLine)) {
    if (!line.includes('"kind":')) continue;
    const said = JSON.parse(line) as KindLine;
    if (mappingId !== undefined && said.mappingId !== mappingId) continue;
    const total = kinds.get(said.kind) ?? new KindTotal();
    kinds.set(said.kind, total);
    total.online.add(said.online);
    total.target.add(said.target);
    total.pairs += said.pairs.count;
    addTo(total.held, said.held);
    addTo(total.difference, said.pairs.difference);
  }
  return kinds;
}

export type Counts = Record<string, number>;

/** Counts of one server that are not zero, by kind. */
export function countsOf(kinds: Map<string, KindTotal>, side: 'online' | 'target', what: 'count' | 'errors' = 'count'): Counts {
  return Object.fromEntries([...kinds].map(([kind, total]) => [kind, total[side][what]] as const).filter(([, count]) => count > 0));
}

const sum = (counts: Counts): number => Object.values(counts).reduce((total, count) => total + count, 0);

/** Waits until it has told of so many exchanges on both servers and one more second is over; what is missing after 8 s stays missing. */
export async function toldOf(agent: Running, exchanges: number, mappingId?: string, fromLine = 0): Promise<Map<string, KindTotal>> {
  const told = () => {
    const kinds = latenciesOf(agent, mappingId, fromLine);
    return Math.min(sum(countsOf(kinds, 'online')), sum(countsOf(kinds, 'target')));
  };
  await waitUntil(() => told() >= exchanges, { what: `${exchanges} exchanges are told of`, timeoutMs: 8000, pollMs: 100 }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 1100));
  return latenciesOf(agent, mappingId, fromLine);
}
