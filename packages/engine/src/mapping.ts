import { type AddressWords, parseAddress } from '@parallax/wire';
import { MappingLedger } from './ledger.ts';

/** When the next client bytes may go out: after the target's answer, at the client's own gaps, or as the window permits. */
export type Pacing = 'response' | 'timing' | 'window';

/** One service to mirror, as the engine needs it. Addresses as text. */
export interface MappingConfig {
  id: string;
  listen: { address: string | null; port: number };
  target: { address: string; port: number };
  /** Whole copies of each session. */
  multiplier: number;
  pacing: Pacing;
}

const OFFSET_WINDOW_MS = 60_000;

function words(address: string): AddressWords {
  const parsed = parseAddress(address);
  if (parsed === null) throw new Error(`"${address}" is not an IPv4 or IPv6 address`);
  return parsed;
}

/** A running mapping: its configuration, its account and what its copies share. */
export class Mapping {
  config: MappingConfig;
  readonly id: string;
  readonly listenAddress: AddressWords | null;
  readonly listenPort: number;
  readonly target: AddressWords;
  readonly targetPort: number;
  readonly ledger = new MappingLedger();
  sessionsOpen = 0;
  sessionsOpened = 0;
  copiesOpen = 0;
  /** Exchanges answered, cumulative. */
  onlineExchanges = 0;
  targetExchanges = 0;
  packetsInjected = 0;
  bytesInjected = 0;
  retransmissions = 0;
  packetsCaptured = 0;
  answers = 0;
  /** False while the assistant that brings the target's answers cannot be reached: nothing new is sent. */
  isRelayUp = false;
  /** What the target's last SYN+ACK allowed, in payload bytes; new sessions are cut to it. 0 before any. */
  lastMssBytes = 0;
  /** Smallest seen difference SYN+ACK captured (assistant's clock) − SYN sent (our clock), µs: path and clock offset in one (design, "Latency, compared honestly"). */
  answerOffsetUs = Number.POSITIVE_INFINITY;
  #windowOffsetUs = Number.POSITIVE_INFINITY;
  #windowEndsMs = 0;
  /** Where the search for a free source port goes on. */
  nextPort = 0;
  isStopping = false;

  constructor(config: MappingConfig) {
    this.config = config;
    this.id = config.id;
    this.listenAddress = config.listen.address === null ? null : words(config.listen.address);
    this.listenPort = config.listen.port;
    this.target = words(config.target.address);
    this.targetPort = config.target.port;
  }

  /** A handshake took so long between our clock and the assistant's; the smallest of the last one to two windows counts, so that drifting clocks are followed. */
  offerAnswerOffset(offsetUs: number, nowMs: number): void {
    if (nowMs >= this.#windowEndsMs) {
      if (this.#windowOffsetUs !== Number.POSITIVE_INFINITY) this.answerOffsetUs = this.#windowOffsetUs;
      this.#windowOffsetUs = Number.POSITIVE_INFINITY;
      this.#windowEndsMs = nowMs + OFFSET_WINDOW_MS;
    }
    this.#windowOffsetUs = Math.min(this.#windowOffsetUs, offsetUs);
    this.answerOffsetUs = Math.min(this.answerOffsetUs, offsetUs);
  }

  /** True if a client that speaks to this address and port of the online server is to be copied. */
  listensOn(address: AddressWords, port: number): boolean {
    if (port !== this.listenPort) return false;
    const own = this.listenAddress;
    return own === null || (own[3] === address[3] && own[2] === address[2] && own[1] === address[1] && own[0] === address[0]);
  }
}
