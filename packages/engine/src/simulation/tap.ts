// The capture on the online server's host: what the engine gets to see of clients and server, and what it misses.
import { FIN, SYN } from '@parallax/wire';
import { flowOf, type Packet } from './packet.ts';
import { isWithin } from './schedule.ts';
import type { World } from './world.ts';

/** The online host's clock is not the engine's. */
export const ONLINE_CLOCK_US = 1_700_000_000_000_000;

type Captured = { packet: Packet; isOutgoing: boolean; capturedAtUs: number; isAfterLoss: boolean };

export class Tap {
  readonly #world: World;
  readonly #captured: Captured[] = [];
  #isLossUntold = false;
  /** When a packet of a connection was captured last of which one side had finished, ms. */
  readonly #endingSince = new Map<string, number>();
  /** The longest that nothing was captured of such a connection until it was ended after all, ms: whose packets are lost is sent again ever later. */
  longestSilenceMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  capture(packet: Packet, isOutgoing: boolean): void {
    const { scenario, schedule, random, trace } = this.#world;
    if (random.chance(scenario.captureLossRatio)) {
      trace.add(schedule.nowUs, isOutgoing ? 'tap misses online' : 'tap misses client', packet);
      return;
    }
    if (scenario.dropsMs.some((span) => isWithin(schedule.nowUs, span))) {
      trace.add(schedule.nowUs, 'tap drops', packet);
      this.#isLossUntold = true;
      return;
    }
    this.#captured.push({ packet, isOutgoing, capturedAtUs: ONLINE_CLOCK_US + schedule.nowUs, isAfterLoss: this.#isLossUntold });
    this.#isLossUntold = false;
    if (this.#captured.length === 1) schedule.after(random.between(0, 200), () => this.#drain());
  }

  #drain(): void {
    const { engine, schedule, trace, seen } = this.#world;
    const { nowMs } = schedule;
    for (const { packet, isOutgoing, capturedAtUs, isAfterLoss } of this.#captured) {
      this.#noteSilence(packet, isOutgoing, nowMs);
      if (isAfterLoss) engine.noteCaptureDrops(nowMs);
      trace.add(schedule.nowUs, isOutgoing ? 'tap: online' : 'tap: client', packet);
      const bytes = seen.moveTo(packet);
      const { ip, tcp, options } = seen;
      if (isOutgoing) engine.onOutgoing(ip, tcp, tcp.payloadAt, bytes, packet.payload.length, capturedAtUs, nowMs);
      else engine.onClient(ip, tcp, options, tcp.payloadAt, bytes, capturedAtUs, nowMs);
    }
    this.#captured.length = 0;
    this.#world.leave();
  }

  #noteSilence({ source, sourcePort, destination, destinationPort, flags }: Packet, isOutgoing: boolean, nowMs: number): void {
    const flow = isOutgoing ? flowOf(destination, destinationPort, source, sourcePort) : flowOf(source, sourcePort, destination, destinationPort);
    if ((flags & SYN) !== 0) this.#endingSince.delete(flow);
    const sinceMs = this.#endingSince.get(flow);
    if (sinceMs !== undefined) this.longestSilenceMs = Math.max(this.longestSilenceMs, nowMs - sinceMs);
    if (sinceMs !== undefined || (flags & FIN) !== 0) this.#endingSince.set(flow, nowMs);
  }

  /** The agent looks at the kernel's counter: nothing may have been captured behind a loss that could tell. */
  tellLoss(): void {
    if (!this.#isLossUntold || this.#captured.length > 0) return;
    this.#isLossUntold = false;
    this.#world.engine.noteCaptureDrops(this.#world.schedule.nowMs);
  }
}
