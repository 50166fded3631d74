// Whether the ports and addresses of a running mapping suffice for what its clients have open now.
import { demandOf, type Mapping, type Outline } from '@parallax/engine';
import { type Forecast, forecastOf, type OnlineMapping, roomOf } from '@parallax/protocol';
import type { Shard } from '@parallax/wire';

/** A look at every session takes time away from packets. */
const EVERY_MS = 5000;

export class Forecaster {
  readonly #mapping: Mapping;
  readonly #shard: Shard;
  #atMs: number;
  #sessionsOpened = 0;
  #coolingMs = 0;

  constructor(mapping: Mapping, shard: Shard, nowMs: number) {
    this.#mapping = mapping;
    this.#shard = shard;
    this.#atMs = nowMs;
  }

  /** Undefined until it is time again. Null where every copy has its client's own port, so that none can be missing. */
  take(spec: OnlineMapping, sessions: () => Iterable<Outline>, nowMs: number): Forecast | null | undefined {
    const spanMs = nowMs - this.#atMs;
    if (spanMs < EVERY_MS) return undefined;
    const { sessionsOpened, coolingMs } = this.#mapping;
    const opensPerSecond = ((sessionsOpened - this.#sessionsOpened) * 1000) / spanMs;
    const cooling = Math.round((coolingMs - this.#coolingMs) / spanMs); // arrivals times their stay (Little)
    this.#atMs = nowMs;
    this.#sessionsOpened = sessionsOpened;
    this.#coolingMs = coolingMs;
    if (spec.multiplier <= 1 && spec.sources.identity === 'client' && spec.share.count === 1) return null;
    const room = roomOf(spec.sources, spec.share, spec.target.address);
    const portsPerAddress = Math.floor(room.portsPerAddress / this.#shard.count);
    return forecastOf({ ...demandOf(sessions(), this.#mapping), cooling, opensPerSecond }, { ...room, portsPerAddress });
  }
}
