// One engine with one mapping for the tests beside the sources: packets in as fields, packets out as lines.
import { ACK, FIN, IpView, PSH, parseAddress, RST, type Segment, SYN, seqDiff, TcpOptions, TcpView, URG } from '@parallax/wire';
import type { Copy } from '../copy/copy.ts';
import { Lingering } from '../copy/lingering.ts';
import { Engine } from '../engine.ts';
import type { Mark } from '../latency/parsed.ts';
import type { Account } from '../ledger.ts';
import type { Limits } from '../limits.ts';
import type { Mapping, MappingConfig, MidStream, Pacing } from '../mapping.ts';
import { NOTHING, type Packet, writePacket } from '../simulation/packet.ts';

const STORE_AT = 1 << 18;
const SCRATCH_AT = 3 << 16;

export const CLIENT_ISS = 1000;
export const ONLINE_ISS = 5000;
export const TARGET_ISS = 9000;

const letters: Record<string, number> = { S: SYN, F: FIN, R: RST, P: PSH, U: URG, '.': ACK };
const flagsOf = (text: string): number => [...text].reduce((flags, letter) => flags | letters[letter]!, 0);
const textOf = (flags: number): string => Object.entries(letters).reduce((text, [letter, bit]) => ((flags & bit) !== 0 ? text + letter : text), '');

/** Numbers are relative: `seq` to the first byte behind the speaker's SYN, `ack` to that behind the other's. */
export interface Said {
  seq?: number;
  ack?: number;
  payload?: string | Uint8Array;
  window?: number;
  mssBytes?: number;
  windowScale?: number;
  /** With flag U. */
  urgentPointer?: number;
  hasTimestamps?: boolean;
  tsVal?: number;
  /** Carries TCP-MD5 (RFC 2385). */
  isSigned?: boolean;
  port?: number;
  /** The client's address, 10.0.0.1 by default. */
  client?: string;
  serverPort?: number;
  /** By the kernel; now, if left out. */
  capturedAtUs?: number;
}

export interface RigOptions {
  pacing?: Pacing;
  midStream?: MidStream;
  multiplier?: number;
  limits?: Partial<Limits>;
  storeBytes?: number;
  isRelayUp?: boolean;
  clientIss?: number;
  /** Of the mapping, beyond the defaults. */
  mapping?: Partial<MappingConfig>;
}

/** The buckets of an account that hold anything. */
export const bucketsOf = ({ ended }: Account): Record<string, number> => Object.fromEntries(Object.entries(ended).filter(([, count]) => count > 0));

export class Rig {
  readonly engine: Engine;
  readonly mapping: Mapping;
  /** What was injected since it was last asked for: `flags seq ack payload`, relative. */
  #injected: string[] = [];
  readonly packets: Packet[] = [];
  /** How many of them have left or were refused. */
  #left = 0;
  #isRefusing = false;
  #isAssistantStuck = false;
  readonly exchanges: [string, number][] = [];
  readonly refusals: string[] = [];
  /** Every latency effect as a line. */
  readonly measured: string[] = [];
  nowMs = 1000;
  readonly clientIss: number;
  readonly #memory: { bytes: Uint8Array; view: DataView };
  readonly #ip: IpView;
  readonly #tcp: TcpView;
  readonly #options = new TcpOptions();

  constructor({
    pacing = 'response',
    midStream = 'boundary',
    multiplier = 1,
    limits = {},
    storeBytes = 1 << 20,
    isRelayUp = true,
    clientIss = CLIENT_ISS,
    mapping = {},
  }: RigOptions = {}) {
    const bytes = new Uint8Array(STORE_AT + storeBytes);
    this.#memory = { bytes, view: new DataView(bytes.buffer) };
    this.#ip = new IpView(this.#memory.view);
    this.#tcp = new TcpView(this.#memory.view);
    this.clientIss = clientIss;
    this.engine = new Engine(
      { memory: this.#memory, storeAt: STORE_AT, storeBytes, limits, seed: 1, nowMs: this.nowMs, timestampBaseMs: 0 },
      {
        inject: (segment) => this.#onInject(segment),
        ask: () => {
          if (!this.#isAssistantStuck) this.engine.onHeardUpTo('m', this.nowMs);
        },
        refuse: (_, why) => this.refusals.push(why),
        answered: (_, side, kind, us) => {
          if (us >= 0) this.exchanges.push([side, us]);
          this.measured.push(`${side} ${kind} first ${us}`);
        },
        finished: (_, side, kind, us, isError) => this.measured.push(`${side} ${kind} last ${us}${isError ? ' error' : ''}`),
        paired: (_, kind, onlineUs, targetUs) => this.measured.push(`pair ${kind} ${onlineUs} ${targetUs}`),
        held: (_, kind, us) => this.measured.push(`held ${kind} ${us}`),
        connected: (_, side, us) => this.measured.push(`${side} connected ${us}`),
        notUnderstood: (_, side, reason) => this.measured.push(`${side} not understood: ${reason}`),
        clockSet: (_, side) => this.measured.push(`${side} clock set`),
        reset: (_, side) => this.measured.push(`${side} reset`),
      },
    );
    const target = { address: '10.0.1.1', port: 8080 };
    this.mapping = this.engine.addMapping({ id: 'm', listen: { address: null, port: 80 }, target, multiplier, pacing, midStream, ...mapping });
    if (isRelayUp) this.engine.setRelayUp('m', true, this.nowMs);
  }

  #onInject(segment: Segment): void {
    const payload = this.#memory.bytes.slice(segment.payloadAt, segment.payloadAt + segment.payloadBytes);
    this.packets.push({ ...segment, payload });
    const ack = (segment.flags & ACK) === 0 ? '' : ` ack ${seqDiff(segment.ack, TARGET_ISS + 1)}`;
    const urgent = (segment.flags & URG) === 0 ? '' : ` urgent ${segment.urgentPointer}`;
    const text = payload.length === 0 ? '' : ` ${payload.length > 12 ? `${payload.length} bytes` : new TextDecoder().decode(payload)}`;
    this.#injected.push(`${textOf(segment.flags)} ${seqDiff(segment.seq, (this.clientIss + 1) | 0)}${ack}${urgent}${text}`);
  }

  /** What was injected since the last call. */
  take(): string[] {
    const injected = this.#injected;
    this.#injected = [];
    return injected;
  }
  get copies(): Copy[] {
    return [...this.engine.copies()].filter((each): each is Copy => !(each instanceof Lingering));
  }
  get copy(): Copy {
    return this.copies[0]!;
  }
  /** Endings of copies that were counted. */
  get ended(): Record<string, number> {
    return bucketsOf(this.mapping.ledger.copies);
  }

  client(flags: string, { seq = 0, ack = 0, ...said }: Said = {}): this {
    return this.#point(
      said.client ?? '10.0.0.1',
      said.port ?? 4000,
      '10.0.0.2',
      said.serverPort ?? 80,
      (this.clientIss + 1 + seq) | 0,
      (ONLINE_ISS + 1 + ack) | 0,
      flags,
      said,
      (bytes) => this.engine.onClient(this.#ip, this.#tcp, this.#options, this.#tcp.payloadAt, bytes, said.capturedAtUs ?? this.nowMs * 1000, this.nowMs),
    );
  }
  online(flags: string, { seq = 0, ack = 0, ...said }: Said = {}): this {
    return this.#point(
      '10.0.0.2',
      said.serverPort ?? 80,
      said.client ?? '10.0.0.1',
      said.port ?? 4000,
      (ONLINE_ISS + 1 + seq) | 0,
      (this.clientIss + 1 + ack) | 0,
      flags,
      said,
      (bytes) => this.engine.onOutgoing(this.#ip, this.#tcp, this.#tcp.payloadAt, bytes, bytes, said.capturedAtUs ?? this.nowMs * 1000, this.nowMs),
    );
  }
  target(flags: string, { seq = 0, ack = 0, ...said }: Said = {}): this {
    return this.#point(
      '10.0.1.1',
      8080,
      said.client ?? '10.0.0.1',
      said.port ?? 4000,
      (TARGET_ISS + 1 + seq) | 0,
      (this.clientIss + 1 + ack) | 0,
      flags,
      said,
      (bytes) => this.engine.onAnswer(this.#ip, this.#tcp, this.#options, bytes, said.capturedAtUs ?? this.nowMs * 1000, this.nowMs),
    );
  }

  /** A record of the assistant's reader. */
  mark(ordinal: number, { port = 4000, ...mark }: Partial<Mark> & { port?: number } = {}): this {
    const atUs = this.nowMs * 1000;
    const full = { ordinal, firstAtUs: atUs, lastAtUs: atUs, isError: false, isLost: false, ...mark };
    this.engine.onMark(parseAddress('10.0.0.1')!, port, parseAddress('10.0.1.1')!, 8080, full, this.nowMs);
    return this.#leave();
  }
  /** The kernel sent a segment of the copy at the client's own port. */
  left(flags: string, { seq = 0, ack = 0, ...said }: Said = {}): this {
    return this.#point('10.0.0.1', said.port ?? 4000, '10.0.1.1', 8080, (this.clientIss + 1 + seq) | 0, (TARGET_ISS + 1 + ack) | 0, flags, said, (bytes) =>
      this.engine.onOutgoing(this.#ip, this.#tcp, this.#tcp.payloadAt, 0, bytes, said.capturedAtUs ?? this.nowMs * 1000, this.nowMs),
    );
  }
  /** What was measured since the last call. */
  measures(): string[] {
    return this.measured.splice(0);
  }

  #point(
    source: string,
    sourcePort: number,
    destination: string,
    destinationPort: number,
    seq: number,
    ack: number,
    flags: string,
    said: Omit<Said, 'seq' | 'ack'>,
    run: (bytes: number) => void,
  ): this {
    const { payload = NOTHING, window = 65_535, mssBytes = 0, windowScale = -1, hasTimestamps = false, tsVal = 0, urgentPointer = 0 } = said;
    const { view, bytes } = this.#memory;
    const packet: Packet = {
      source: parseAddress(source)!,
      sourcePort,
      destination: parseAddress(destination)!,
      destinationPort,
      seq,
      ack,
      flags: flagsOf(flags),
      window,
      mssBytes,
      windowScale,
      hasTimestamps,
      tsVal,
      tsEcr: 0,
      urgentPointer,
      payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
    };
    const end = writePacket(view, bytes, 0, SCRATCH_AT, packet);
    this.#ip.moveTo(0, end, end);
    this.#tcp.moveTo(this.#ip.payloadAt, end);
    this.#options.read(view, this.#tcp.at + 20, this.#tcp.payloadAt);
    this.#options.isAuthenticated = said.isSigned === true;
    run(packet.payload.length);
    return this.#leave();
  }

  #leave(): this {
    this.engine.endBatch();
    this.engine.stampSent(this.nowMs * 1000);
    const { view, bytes } = this.#memory;
    for (; this.#left < this.packets.length; this.#left++) {
      if (!this.#isRefusing) continue;
      const end = writePacket(view, bytes, 0, SCRATCH_AT, this.packets[this.#left]!);
      this.#ip.moveTo(0, end, end);
      this.#tcp.moveTo(this.#ip.payloadAt, end);
      this.engine.onSendFailed(this.#ip, this.#tcp);
    }
    return this;
  }

  /** The kernel loses captured packets. */
  drop(): this {
    this.engine.noteCaptureDrops(this.nowMs);
    return this;
  }
  /** The kernel sends nothing from now on. */
  refuseSends(isRefusing = true): this {
    this.#isRefusing = isRefusing;
    return this;
  }

  /** Let time pass, the engine called every 4 ms. */
  wait(ms: number): this {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      this.nowMs = Math.min(this.nowMs + 4, untilMs);
      this.engine.onTime(this.nowMs);
      this.#leave();
    }
    return this;
  }
  /** The assistant is held up: it tells nothing. */
  stick(isStuck = true): this {
    this.#isAssistantStuck = isStuck;
    return this;
  }
  relay(isUp: boolean): this {
    this.engine.setRelayUp('m', isUp, this.nowMs);
    return this.#leave();
  }
  stop(): this {
    this.engine.removeMapping('m', this.nowMs);
    return this.#leave();
  }

  /** Both handshakes; what was injected for them is forgotten. */
  opened(answer: Said = {}): this {
    this.client('S', { seq: -1, mssBytes: 1460, windowScale: 7 });
    this.online('S.', { seq: -1, mssBytes: 1460, windowScale: 7 });
    this.client('.');
    this.target('S.', { seq: -1, mssBytes: 1460, windowScale: 0, ...answer });
    this.take();
    return this;
  }
}
