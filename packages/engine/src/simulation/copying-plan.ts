// What a seed says about which sessions are copied, how often and from where.
import { realClients, type SourcesConfig } from '../allocator/source-choice.ts';
import { everySession, type SelectionConfig } from '../selection.ts';
import type { Random } from './random.ts';

/** What a mapping may be told while it runs. */
export interface Copying {
  multiplier: number;
  selection: SelectionConfig;
  sources: SourcesConfig;
}

export interface CopyingPlan {
  first: Copying;
  /** Told another time while sessions are open; null: never. */
  second: Copying | null;
  changeAtMs: number;
}

/** Clients of the model are 10.90.0.10 and .11 with ports from 3000 on, and their IPv6 counterparts. */
export function planCopying(random: Random, isV6: boolean, mustBePlain: boolean): CopyingPlan {
  const isPlain = random.chance(mustBePlain ? 1 : 0.5);
  const plain: Copying = { multiplier: random.chance(0.7) ? 1 : random.between(2, 3), selection: everySession, sources: realClients };
  if (isPlain) return { first: plain, second: null, changeAtMs: 0 };
  const first = anyCopying(random, isV6);
  return { first, second: random.chance(0.3) ? anyCopying(random, isV6) : null, changeAtMs: random.between(0, 2500) };
}

const anyCopying = (random: Random, isV6: boolean): Copying => ({
  multiplier: random.pick([0.25, 0.5, 0.9, 1, 1.5, 2, 2.5, 3.3, 5, 12]),
  selection: random.chance(0.5) ? everySession : anySelection(random, isV6),
  sources: random.chance(0.3) ? realClients : anySources(random, isV6),
});

const anySelection = (random: Random, isV6: boolean): SelectionConfig => ({
  percent: random.pick([0, 10, 30, 50, 100]),
  by: random.pick(['session', 'client']),
  include: random.chance(0.2) ? [isV6 ? 'fd90::10' : '10.90.0.10/31'] : [],
  exclude: random.chance(0.2) ? [isV6 ? 'fd90::11' : '10.90.0.11'] : [],
  maxSessions: random.chance(0.3) ? random.between(1, 2) : null,
  ramp: random.chance(0.3) ? { fromPercent: random.pick([0, 1, 100]), steps: random.between(1, 5), stepSeconds: random.pick([0.2, 1]) } : null,
});

/** Ports are few and among the clients' own, so that everybody meets. */
function anySources(random: Random, isV6: boolean): SourcesConfig {
  const pool = random.pick([[], ['10.95.0.0/30'], ['10.95.0.1', '10.95.1.0/29'], ['10.90.0.10/31']]);
  const pool6 = random.pick([[], ['fd95::/126'], ['fd95::1', 'fd95:1::/125'], ['fd90::10/127']]);
  const first = random.between(2997, 3003);
  const identity = random.pick<SourcesConfig['identity']>(['client', 'client', 'pool', 'address']);
  return {
    identity,
    address: identity === 'address' ? (isV6 ? 'fd96::7' : '10.96.0.7') : null,
    pool: random.chance(0.1) ? [...pool, ...pool6] : isV6 ? pool6 : pool,
    loopbackAs: null,
    ports: random.chance(0.7) ? { first, last: first + random.pick([0, 3, 8, 30, 100]) } : { first: 1024, last: 65_535 },
    share: random.chance(0.3) ? { index: 1, count: 2 } : { index: 0, count: 1 },
  };
}
