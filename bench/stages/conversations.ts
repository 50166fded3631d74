// Many clients that each ask and are answered, as packets in one memory: what the stages of the online agent are fed.
import { Engine } from '@parallax/engine';
import {
  ACK,
  type AddressWords,
  IpView,
  PSH,
  parseAddress,
  type Segment,
  Segment as SegmentFields,
  SYN,
  TcpOptions,
  TcpView,
  writeSegment,
} from '@parallax/wire';

const server = parseAddress('10.90.1.20')!;
const target = parseAddress('10.90.1.21')!;
const PORT = 6379;
const SLOT_BYTES = 256;
const RESPONSE_BYTES = 5;
const STORE_BYTES = 64 << 20;
const [CLIENT_ISS, SERVER_ISS, TARGET_ISS] = [1000, 5_000_000, 9_000_000];

const Kind = { request: 0, response: 1, copy: 2, answer: 3 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];
const KINDS = 4;

/** Each stage takes one packet of every conversation through the engine. */
export class Conversations {
  readonly engine: Engine;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly ip: IpView;
  readonly tcp: TcpView;
  readonly options = new TcpOptions();
  readonly count: number;
  readonly requestBytes: number;
  readonly #segment = new SegmentFields();
  readonly #storeAt: number;
  /** Segments that the engine sent. */
  injected = 0;
  #round = 0;
  #nowMs = 1;

  constructor(count: number, requestBytes: number) {
    this.count = count;
    this.requestBytes = requestBytes;
    const framesBytes = count * KINDS * SLOT_BYTES;
    this.#storeAt = framesBytes;
    this.bytes = new Uint8Array(framesBytes + STORE_BYTES);
    this.view = new DataView(this.bytes.buffer);
    this.ip = new IpView(this.view);
    this.tcp = new TcpView(this.view);
    const memory = { buffer: this.bytes.buffer as ArrayBuffer, bytes: this.bytes, view: this.view };
    this.engine = new Engine(
      { memory, storeAt: this.#storeAt, storeBytes: STORE_BYTES, seed: 1, nowMs: 1, timestampBaseMs: 0 },
      {
        inject: () => {
          this.injected++;
        },
        ask: () => {},
        refuse: () => {},
        answered: () => {},
        finished: () => {},
        paired: () => {},
        held: () => {},
        connected: () => {},
        notUnderstood: () => {},
        clockSet: () => {},
        reset: () => {},
      },
    );
    this.engine.addMapping({
      id: 'bench',
      listen: { address: null, port: PORT },
      target: { address: '10.90.1.21', port: PORT },
      multiplier: 1,
      pacing: 'response',
    });
    this.engine.setRelayUp('bench', true, 1);
  }

  /** Handshakes of all, then one packet of each kind per conversation. */
  open(): void {
    for (let index = 0; index < this.count; index++) {
      const at = this.#slot(index, Kind.request);
      this.#write(at, index, Kind.request, SYN, CLIENT_ISS, 0, 0);
      this.#toEngine(at, Kind.request);
      this.#write(at, index, Kind.response, SYN | ACK, SERVER_ISS, CLIENT_ISS + 1, 0);
      this.#toEngine(at, Kind.response);
      this.#write(at, index, Kind.request, ACK, CLIENT_ISS + 1, SERVER_ISS + 1, 0);
      this.#toEngine(at, Kind.request);
      this.#write(at, index, Kind.answer, SYN | ACK, TARGET_ISS, CLIENT_ISS + 1, 0);
      this.#toEngine(at, Kind.answer);
    }
    this.engine.endBatch();
    for (let index = 0; index < this.count; index++) {
      this.#write(this.#slot(index, Kind.request), index, Kind.request, ACK | PSH, 0, 0, this.requestBytes);
      this.#write(this.#slot(index, Kind.response), index, Kind.response, ACK | PSH, 0, 0, RESPONSE_BYTES);
      this.#write(this.#slot(index, Kind.copy), index, Kind.copy, ACK | PSH, 0, 0, this.requestBytes);
      this.#write(this.#slot(index, Kind.answer), index, Kind.answer, ACK | PSH, 0, 0, RESPONSE_BYTES);
    }
  }

  /** The numbers of the next request of every conversation, of its response and so on. */
  nextRound(): void {
    const asked = this.#round * this.requestBytes;
    const answered = this.#round * RESPONSE_BYTES;
    this.#round++;
    for (let index = 0; index < this.count; index++) {
      this.#number(index, Kind.request, CLIENT_ISS + 1 + asked, SERVER_ISS + 1 + answered);
      this.#number(index, Kind.response, SERVER_ISS + 1 + answered, CLIENT_ISS + 1 + asked + this.requestBytes);
      this.#number(index, Kind.copy, CLIENT_ISS + 1 + asked, TARGET_ISS + 1 + answered);
      this.#number(index, Kind.answer, TARGET_ISS + 1 + answered, CLIENT_ISS + 1 + asked + this.requestBytes);
    }
  }

  requests(): void {
    for (let index = 0; index < this.count; index++) this.#toEngine(this.#slot(index, Kind.request), Kind.request);
    this.engine.stampSent(Date.now() * 1000);
  }
  responses(): void {
    for (let index = 0; index < this.count; index++) this.#toEngine(this.#slot(index, Kind.response), Kind.response);
  }
  copies(): void {
    for (let index = 0; index < this.count; index++) this.#toEngine(this.#slot(index, Kind.copy), Kind.copy);
  }
  answers(): void {
    for (let index = 0; index < this.count; index++) this.#toEngine(this.#slot(index, Kind.answer), Kind.answer);
  }
  time(): void {
    this.#nowMs += 4;
    this.engine.onTime(this.#nowMs);
    this.engine.endBatch();
  }

  /** Read every request's headers, as the pipeline does before the engine; the sum keeps the reads from being left out. */
  headers(): number {
    let sum = 0;
    for (let index = 0; index < this.count; index++) {
      this.#read(this.#slot(index, Kind.request));
      sum = (sum + this.tcp.seq + this.options.tsVal) | 0;
    }
    return sum;
  }

  #slot(index: number, kind: Kind): number {
    return (index * KINDS + kind) * SLOT_BYTES;
  }

  #read(at: number): void {
    const { ip, tcp, view } = this;
    const end = at + view.getUint16(at + 2);
    ip.moveTo(at, end, end - at);
    tcp.moveTo(ip.payloadAt, end);
    this.options.read(view, tcp.at + 20, tcp.payloadAt);
  }

  #toEngine(at: number, kind: Kind): void {
    const { engine, ip, tcp, options } = this;
    this.#read(at);
    const payloadBytes = ip.at + ip.totalBytes - tcp.payloadAt;
    const nowUs = this.#nowMs * 1000;
    if (kind === Kind.request) engine.onClient(ip, tcp, options, tcp.payloadAt, payloadBytes, nowUs, this.#nowMs);
    else if (kind === Kind.answer) engine.onAnswer(ip, tcp, options, payloadBytes, nowUs, this.#nowMs);
    else engine.onOutgoing(ip, tcp, tcp.payloadAt, 0, payloadBytes, nowUs, this.#nowMs);
  }

  #number(index: number, kind: Kind, seq: number, ack: number): void {
    const tcpAt = this.#slot(index, kind) + 20;
    this.view.setInt32(tcpAt + 4, seq);
    this.view.setInt32(tcpAt + 8, ack);
  }

  #write(at: number, index: number, kind: Kind, flags: number, seq: number, ack: number, payloadBytes: number): void {
    const client: AddressWords = [0, 0, 0xffff, (10 << 24) | (90 << 16) | (index >> 14)];
    const port = 20_000 + (index & 0x3fff);
    const other = kind === Kind.request || kind === Kind.response ? server : target;
    const isFromClient = kind === Kind.request || kind === Kind.copy;
    const segment: Segment = this.#segment;
    Object.assign(
      segment,
      isFromClient
        ? { source: client, sourcePort: port, destination: other, destinationPort: PORT }
        : { source: other, sourcePort: PORT, destination: client, destinationPort: port },
    );
    Object.assign(segment, { flags, seq, ack, payloadBytes, payloadAt: this.#storeAt, window: 1000, hasTimestamps: true, tsVal: 1, tsEcr: 1 });
    segment.mssBytes = (flags & SYN) !== 0 ? 1460 : 0;
    segment.windowScale = (flags & SYN) !== 0 ? 7 : -1;
    writeSegment(this.view, this.bytes, at, segment);
  }
}
