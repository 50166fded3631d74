// The last events of a run, told only when somebody asks.
import { describePacket, type Packet } from './packet.ts';

const KEPT = 40;

export class Trace {
  readonly #entries: { atUs: number; label: string; packet: Packet | null }[] = [];
  readonly isVerbose: boolean;

  constructor(isVerbose: boolean) {
    this.isVerbose = isVerbose;
  }

  add(atUs: number, label: string, packet: Packet | null = null): void {
    const entry = { atUs, label, packet };
    if (this.isVerbose) console.log(line(entry));
    this.#entries.push(entry);
    if (this.#entries.length > KEPT * 2) this.#entries.splice(0, KEPT);
  }

  tell(): string {
    return this.#entries.slice(-KEPT).map(line).join('\n');
  }
}

const line = ({ atUs, label, packet }: { atUs: number; label: string; packet: Packet | null }): string =>
  `${(atUs / 1000).toFixed(3).padStart(12)} ms  ${label.padEnd(24)} ${packet === null ? '' : describePacket(packet)}`;
