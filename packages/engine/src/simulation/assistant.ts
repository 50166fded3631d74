// The assistant: what the target answers ends here, and its headers come to the engine over a relay.
import { AnswerReaders } from '../latency/answer-readers.ts';
import type { Mark } from '../latency/parsed.ts';
import { modelAdapter } from './adapter.ts';
import type { Packet } from './packet.ts';
import { isWithin } from './schedule.ts';
import type { World } from './world.ts';

/** Its clock is neither the online host's nor the engine's. */
const ASSISTANT_CLOCK_US = 1_700_000_123_456_789;

export class Assistant {
  isRelayUp = true;
  readonly #world: World;
  readonly #answered: { packet: Packet; atUs: number }[] = [];
  readonly #readers: AnswerReaders;
  readonly #marks: { packet: Packet; mark: Mark }[] = [];
  /** The answer that is being read. */
  #packet!: Packet;
  #isAsked = false;

  constructor(world: World) {
    this.#world = world;
    this.#readers = new AnswerReaders(world.seen.memory.bytes, world.scenario.seed, (mark) => {
      if (this.isRelayUp) this.#marks.push({ packet: this.#packet, mark: { ...mark } });
    });
  }

  receive(packet: Packet): void {
    const { scenario, schedule, trace, endings } = this.#world;
    if (scenario.hasAdapter) this.#read(packet);
    if (!this.isRelayUp) {
      endings.excuse(packet.destinationPort);
      return trace.add(schedule.nowUs, 'relay down, lost', packet);
    }
    this.#answered.push({ packet, atUs: ASSISTANT_CLOCK_US + schedule.nowUs });
    if (this.#answered.length === 1) this.#tell(300, () => this.#drain());
  }

  /** Whether the relay is up or not. */
  #read(packet: Packet): void {
    const { schedule, seen } = this.#world;
    this.#packet = packet;
    const bytes = seen.moveTo(packet);
    const { ip, tcp } = seen;
    this.#readers.onAnswer(ip, tcp, tcp.payloadAt, bytes, packet.payload.length, modelAdapter, ASSISTANT_CLOCK_US + schedule.nowUs, schedule.nowMs);
  }

  #drain(): void {
    const { engine, schedule, trace, seen } = this.#world;
    for (const { packet, mark } of this.#marks)
      engine.onMark(packet.destination, packet.destinationPort, packet.source, packet.sourcePort, mark, schedule.nowMs);
    this.#marks.length = 0;
    for (const { packet, atUs } of this.#answered) {
      trace.add(schedule.nowUs, 'answer', packet);
      seen.moveTo(packet);
      engine.onAnswer(seen.ip, seen.tcp, seen.options, packet.payload.length, atUs, schedule.nowMs);
    }
    this.#answered.length = 0;
    this.#world.leave();
  }

  /** The relay keeps the order: what was captured before the question reaches the assistant comes before the answer to it. */
  ask(mappingId: string): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const askedAtMs = this.#world.schedule.nowMs;
    this.#tell(600, () => {
      this.#isAsked = false;
      if (!this.isRelayUp) return;
      this.#drain();
      this.#world.engine.onHeardUpTo(mappingId, askedAtMs);
    });
  }

  /** What it tells arrives within so long, or when it goes on. */
  #tell(mostUs: number, run: () => void): void {
    const { scenario, schedule, random } = this.#world;
    const { assistantHeldUpMs } = scenario;
    const atUs = schedule.nowUs + random.between(0, mostUs);
    schedule.at(assistantHeldUpMs !== null && isWithin(atUs, assistantHeldUpMs) ? assistantHeldUpMs[1] * 1000 : atUs, run);
  }
}
