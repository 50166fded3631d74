import { type Adapter, Kinds } from '@parallax/adapters';
import { type AddressWords, isSameAddress, parseAddress } from '@parallax/wire';
import { realClients, SourceChoice, type SourcesConfig } from './allocator/source-choice.ts';
import type { Copy } from './copy/copy.ts';
import { MappingLedger } from './ledger.ts';
import { everySession, Selection, type SelectionConfig } from './selection.ts';

/** When the next client bytes may go out: after the target's answer, at the client's own gaps, or as the window permits. */
export type Pacing = 'response' | 'timing' | 'window';

/**
 * What becomes of a connection that is in the middle when a copy could begin, because it was open before the start or because its copy ended
 * before it did: left alone, copied from its next request on, or copied from the next byte of the client on.
 */
export type MidStream = 'skip' | 'boundary' | 'immediate';

/** Why a mapping's traffic cannot be copied: its sessions are encrypted, its segments signed (RFC 2385, RFC 5925), or its logins good for one connection only. */
export type Refusal = 'TLS' | 'TCP-MD5 or TCP-AO' | 'bound logins';

/** One service to mirror, as the engine needs it. Addresses as text. */
export interface MappingConfig {
  id: string;
  /** With `lastPort`, every port from `port` to it. */
  listen: { address: string | null; port: number; lastPort?: number | null | undefined };
  /** With `lastPort`, each port listened on has its own there, in order; without, all lead to `port`. */
  target: { address: string; port: number; lastPort?: number | null | undefined };
  /** Copies of each session, 0.01-1000; the fraction is the share of the sessions that get one more. */
  multiplier: number;
  pacing: Pacing;
  /** From its next request on by default. */
  midStream?: MidStream;
  /** Every session by default. */
  selection?: SelectionConfig;
  /** The clients' own addresses by default. */
  sources?: SourcesConfig;
  /** Tells requests and responses apart; turns are measured without. */
  adapter?: Adapter | null;
}

const OFFSET_WINDOW_MS = 60_000;

function words(address: string): AddressWords {
  const parsed = parseAddress(address);
  if (parsed === null) throw new Error(`"${address}" is not an IPv4 or IPv6 address`);
  return parsed;
}

/** A path may be another after so long (as Linux, `net.ipv4.route.mtu_expires`). */
const PATH_MSS_KEPT_MS = 600_000;

/** A running mapping: its configuration, its account and what its copies share. */
export class Mapping {
  readonly id: string;
  readonly ledger = new MappingLedger();
  #config!: MappingConfig;
  #listenAddress: AddressWords | null = null;
  #listenPort = 0;
  #listenLastPort = 0;
  #target!: AddressWords;
  #targetPort = 0;
  #isShifted = false;
  #selection!: Selection;
  #sources!: SourceChoice;
  sessionsOpen = 0;
  sessionsOpened = 0;
  copiesOpen = 0;
  /** Exchanges answered, cumulative. */
  onlineExchanges = 0;
  targetExchanges = 0;
  packetsInjected = 0;
  bytesInjected = 0;
  retransmissions = 0;
  /** Of them, those that probed a tail. */
  tailProbes = 0;
  /** Resets said to the target, and those that had to wait for the rate limit. */
  resets = 0;
  resetsHeld = 0;
  packetsCaptured = 0;
  answers = 0;
  /** False while the assistant that brings the target's answers cannot be reached: nothing new is sent. */
  isRelayUp = false;
  /** When it could last be reached again, ms of the engine's clock. */
  resumedAtMs = Number.NEGATIVE_INFINITY;
  /** Every answer that the assistant's kernel captured before this (ms of the engine's clock) has been heard. */
  heardUpToMs = Number.NEGATIVE_INFINITY;
  /** What the target's last SYN+ACK allowed, in payload bytes; new sessions are cut to it. 0 before any. */
  lastMssBytes = 0;
  #pathMssBytes = 0;
  #pathMssUntilMs = 0;
  /** Smallest seen difference SYN+ACK captured (assistant's clock) − SYN sent (our clock), µs: path and clock offset in one (design, "Latency, compared honestly"). */
  answerOffsetUs = Number.POSITIVE_INFINITY;
  #windowOffsetUs = Number.POSITIVE_INFINITY;
  #windowEndsMs = 0;
  /** Sessions now open that have copies, or would if ports had been free. */
  sessionsCopied = 0;
  /** For how long ports of finished copies were to rest, all together, ms, cumulative. */
  coolingMs = 0;
  isStopping = false;
  pacing: Pacing = 'response';
  /** Sessions by the language of their clients, as far as it is known. */
  tlsSessions = 0;
  plainSessions = 0;
  /** Sessions by their login: it answers a number of the server's, or any server takes it. */
  boundLogins = 0;
  freeLogins = 0;
  refusal: Refusal | null = null;
  /** Of requests, as the adapter names them. */
  kinds = new Kinds();

  constructor(config: MappingConfig, nowMs: number) {
    this.id = config.id;
    this.configure(config, nowMs);
  }

  /** Longest payload (timestamps included) that arrives at the target as far as copies found out in the last minutes. */
  pathMssBytes(nowMs: number): number {
    return nowMs < this.#pathMssUntilMs ? this.#pathMssBytes : Number.POSITIVE_INFINITY;
  }
  setPathMss(bytes: number, nowMs: number): void {
    this.#pathMssBytes = bytes;
    this.#pathMssUntilMs = nowMs + PATH_MSS_KEPT_MS;
  }

  get config(): MappingConfig {
    return this.#config;
  }
  get midStream(): MidStream {
    return this.#config.midStream ?? 'boundary';
  }
  get target(): AddressWords {
    return this.#target;
  }
  get selection(): Selection {
    return this.#selection;
  }
  /** Null where turns are measured. */
  get adapter(): Adapter | null {
    return this.#config.adapter ?? null;
  }
  get sources(): SourceChoice {
    return this.#sources;
  }

  /** Does a copy still go where this configuration sends its session? */
  wants({ session, target, targetPort }: Copy): boolean {
    return this.listensOn(session.server, session.serverPort) && isSameAddress(target, this.#target) && targetPort === this.targetPortOf(session.serverPort);
  }

  /** Take another configuration; it holds for sessions that open from now on. Throws on an address that is none, and then changes nothing. */
  configure(config: MappingConfig, nowMs: number): void {
    const target = words(config.target.address);
    const listenAddress = config.listen.address === null ? null : words(config.listen.address);
    const selection = new Selection(config.selection ?? everySession, nowMs, this.#selection);
    this.#sources = new SourceChoice(config.sources ?? realClients, target);
    this.#selection = selection;
    if (this.#config?.adapter !== config.adapter) this.kinds = new Kinds();
    this.#config = config;
    this.pacing = config.pacing;
    this.#listenAddress = listenAddress;
    this.#listenPort = config.listen.port;
    this.#listenLastPort = config.listen.lastPort ?? config.listen.port;
    this.#target = target;
    this.#targetPort = config.target.port;
    this.#isShifted = (config.target.lastPort ?? config.target.port) !== config.target.port;
  }

  /** Where on the target the sessions of a port of the online server lead. */
  targetPortOf(serverPort: number): number {
    return this.#isShifted ? this.#targetPort + serverPort - this.#listenPort : this.#targetPort;
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
    if (port < this.#listenPort || port > this.#listenLastPort) return false;
    return this.#listenAddress === null || isSameAddress(this.#listenAddress, address);
  }
}
