// The assistant's end of all relays: accepts online agents that prove themselves and keeps what each wants to hear.
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type IpView, type Shard, shardOf, type TcpView, wholeShard } from '@parallax/wire';
import {
  FrameReader,
  FrameType,
  HEADER_BYTES,
  jsonFrame,
  RELAY_VERSION,
  RelayHello,
  type RelayPong,
  type RelayTarget,
  RelayTargets,
  readJson,
} from './frame.ts';
import { RELAY_CIPHERS } from './key.ts';
import { type MarkFields, MOST_MARK_BYTES, writeMark } from './mark.ts';
import { mergeNext } from './merge.ts';
import { MOST_LAST_AFTER_US, RECORD_PREFIX_BYTES, recordBytes } from './record.ts';

const HELLO_WITHIN_MS = 5000;
const DEAD_AFTER_MS = 5000;
/** What waits for a slow online agent at most; records beyond are dropped and counted, which does no harm. */
const WAITING_MOST_BYTES = 8 << 20;
const BATCH_BYTES = 256 << 10;
const MARKS_BYTES = 32 << 10;

/** One connected online agent. Records gather in `add` and leave with `flush`. */
export class Relay {
  readonly peer: string;
  agent = '';
  targets: readonly RelayTarget[] = [];
  shard: Shard = wholeShard;
  /** Packets whose headers were given to the connection, and those that were not because the agent reads too slowly. */
  relayed = 0;
  dropped = 0;
  #gathered = 0;
  readonly #socket: Socket;
  #batch = Buffer.allocUnsafe(BATCH_BYTES);
  #view = new DataView(this.#batch.buffer, this.#batch.byteOffset);
  #filled = HEADER_BYTES;
  #markBatch: Buffer | null = null;
  #markView: DataView | null = null;
  #marksFilled = HEADER_BYTES;
  /** Where the record added last begins; 0 when there is none that may still change. */
  #last = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.peer = `${socket.remoteAddress?.replace(/^::ffff:/, '')}:${socket.remotePort}`;
  }

  /** Does it want answers to this port of a copy? */
  wants(port: number): boolean {
    const { index, count } = this.shard;
    return count === 1 || shardOf(port, count) === index;
  }

  /** Add the IP and TCP headers at [at, at + headerBytes) as one record, or let the record before it stand for this packet too. */
  add(packet: DataView, at: number, headerBytes: number, wireBytes: number, capturedAtUs: number): void {
    const view = this.#view;
    const last = this.#last;
    this.#gathered++;
    const afterUs = last > 0 ? capturedAtUs - view.getFloat64(last + 8) : -1;
    const isSoon = afterUs >= 0 && afterUs <= MOST_LAST_AFTER_US && view.getUint16(last) === headerBytes;
    if (isSoon && mergeNext(view, last + RECORD_PREFIX_BYTES, headerBytes, packet, at)) {
      view.setUint16(last + 2, afterUs);
      view.setUint32(last + 4, view.getUint32(last + 4) + wireBytes - headerBytes);
      return;
    }
    const length = recordBytes(headerBytes);
    if (this.#filled + length > BATCH_BYTES) {
      this.#gathered--;
      this.flush();
      this.#gathered = 1;
    }
    const start = this.#filled;
    view.setUint32(start, headerBytes << 16);
    view.setUint32(start + 4, wireBytes);
    view.setFloat64(start + 8, capturedAtUs);
    for (let word = 0, to = start + RECORD_PREFIX_BYTES; word < headerBytes; word += 4) view.setInt32(to + word, packet.getInt32(at + word)); // headers are whole words
    this.#last = start;
    this.#filled = start + length;
  }

  /** A response was read to its end in the packet that `ip` and `tcp` point at. */
  addMark(ip: IpView, tcp: TcpView, mark: MarkFields, status: string, lengthBytes: number): void {
    if (this.#markBatch === null) {
      this.#markBatch = Buffer.allocUnsafe(MARKS_BYTES);
      this.#markView = new DataView(this.#markBatch.buffer, this.#markBatch.byteOffset);
    } else if (this.#marksFilled + MOST_MARK_BYTES > MARKS_BYTES) this.#flushMarks();
    const view = this.#markView!;
    const at = this.#marksFilled;
    view.setInt32(at, ip.destination(0));
    view.setInt32(at + 4, ip.destination(1));
    view.setInt32(at + 8, ip.destination(2));
    view.setInt32(at + 12, ip.destination(3));
    view.setInt32(at + 16, ip.source(0));
    view.setInt32(at + 20, ip.source(1));
    view.setInt32(at + 24, ip.source(2));
    view.setInt32(at + 28, ip.source(3));
    view.setUint16(at + 32, tcp.destinationPort);
    view.setUint16(at + 34, tcp.sourcePort);
    this.#marksFilled = writeMark(view, at, mark, status, lengthBytes);
  }

  /** Give the gathered records to the connection: marks first, so that they find the copy as it was, then headers in one write. */
  flush(): void {
    this.#flushMarks();
    if (this.#filled === HEADER_BYTES) return;
    const isTaken = this.#write(FrameType.answers, this.#batch, this.#view, this.#filled);
    if (isTaken) this.relayed += this.#gathered;
    else this.dropped += this.#gathered;
    this.#filled = HEADER_BYTES;
    this.#last = 0;
    this.#gathered = 0;
  }

  #flushMarks(): void {
    if (this.#marksFilled === HEADER_BYTES) return;
    this.#write(FrameType.marks, this.#markBatch!, this.#markView!, this.#marksFilled); // an ordinal tells of those that are missing
    this.#marksFilled = HEADER_BYTES;
  }

  /** False if too much waits already. */
  #write(type: number, frame: Buffer, view: DataView, filled: number): boolean {
    if (this.#socket.writableLength > WAITING_MOST_BYTES) return false;
    view.setUint32(0, filled - 4);
    frame[4] = type;
    const copy = Buffer.allocUnsafe(filled); // the socket may keep it
    frame.copy(copy, 0, 0, filled);
    this.#socket.write(copy);
    return true;
  }

  /** Say why, then end. */
  refuse(reason: string): void {
    this.#socket.end(jsonFrame(FrameType.refusal, { reason }));
  }

  close(): void {
    this.#socket.destroy();
  }
}

export interface RelayServerOptions {
  address: string;
  port: number;
  agent: string;
  /** The key of an identity, or null. Undefined: no authentication, no encryption (a lab). */
  keyOf: ((identity: string) => Buffer | null) | undefined;
  /** A relay came, went, or told other targets. */
  onChange(): void;
  onWarning(text: string): void;
  /** Give all that the kernel captured up to now to the relays. */
  drain(): void;
  /** Answers that the kernel has lost so far for want of room. */
  captureDropped(): number;
}

export class RelayServer {
  readonly #options: RelayServerOptions;
  readonly #server: Server;
  /** Those that said hello. */
  readonly relays = new Set<Relay>();
  readonly #sockets = new Set<Socket>();
  /** Of relays that have closed. */
  readonly #gone = { relayed: 0, dropped: 0 };
  #refusal: string | null = null;

  constructor(options: RelayServerOptions) {
    this.#options = options;
    const { keyOf } = options;
    this.#server =
      keyOf === undefined
        ? createTcpServer((socket) => this.#accept(socket))
        : createTlsServer(
            {
              ciphers: RELAY_CIPHERS,
              minVersion: 'TLSv1.2',
              maxVersion: 'TLSv1.2',
              handshakeTimeout: HELLO_WITHIN_MS,
              pskCallback: (_socket, identity) => keyOf(identity),
            },
            (socket) => this.#accept(socket),
          );
    this.#server.on('tlsClientError', (error, socket) => {
      options.onWarning(`a peer at ${socket.remoteAddress ?? 'an unknown address'} could not prove itself: ${error.message}`);
    });
  }

  /** Resolves with the port when connections are accepted (port 0: any that is free); rejects with a sentence. */
  listen(): Promise<number> {
    const { address, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause) => {
        const why = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'the port is in use; choose another with -p' : cause.message;
        reject(new Error(`cannot listen for relays on ${address}:${port}: ${why}`, { cause }));
      });
      this.#server.listen({ host: address, port }, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  /** Why nobody is welcome now; null if all are. */
  get refusal(): string | null {
    return this.#refusal;
  }

  /** From now on refuse every online agent for this reason, those connected included; null: welcome them again. */
  refuseAll(reason: string | null): void {
    this.#refusal = reason;
    if (reason === null) return;
    for (const relay of this.relays) relay.refuse(reason);
    if (this.relays.size === 0) return;
    this.relays.clear();
    this.#options.onChange();
  }

  /** Packets relayed and dropped so far, each once for every relay that wanted it. */
  counts(): { relayed: number; dropped: number } {
    const counts = { ...this.#gone };
    for (const relay of this.relays) {
      counts.relayed += relay.relayed;
      counts.dropped += relay.dropped;
    }
    return counts;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    const relay = new Relay(socket);
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.setTimeout(DEAD_AFTER_MS, () => socket.destroy()); // an online agent pings twice a second
    const helloTimer = setTimeout(() => socket.destroy(), HELLO_WITHIN_MS);
    const reader = new FrameReader((type, view, at, end) => {
      clearTimeout(helloTimer);
      this.#onFrame(relay, socket, type, view, at, end);
    });
    socket.on('data', (chunk: Buffer) => {
      if (socket.writableEnded) return; // refused: what it said meanwhile does not matter
      try {
        reader.push(chunk);
      } catch (error) {
        this.#options.onWarning(`relay ${relay.peer}: ${(error as Error).message}`);
        socket.destroy();
      }
    });
    socket.on('error', () => {}); // 'close' follows
    socket.once('close', () => {
      clearTimeout(helloTimer);
      this.#sockets.delete(socket);
      this.#gone.relayed += relay.relayed;
      this.#gone.dropped += relay.dropped;
      if (this.relays.delete(relay)) this.#options.onChange();
    });
  }

  #onFrame(relay: Relay, socket: Socket, type: number, view: DataView, at: number, end: number): void {
    if (!this.relays.has(relay)) {
      if (type !== FrameType.hello) throw new Error(`the first frame has type ${type}, not hello`);
      const hello = readJson(RelayHello, 'hello', view, at, end);
      if (hello.version !== RELAY_VERSION) {
        return relay.refuse(`the agent speaks relay version ${hello.version}, this assistant version ${RELAY_VERSION}; install the same release on both`);
      }
      if (this.#refusal !== null) return relay.refuse(this.#refusal);
      relay.agent = hello.agent;
      relay.targets = hello.targets ?? [];
      relay.shard = hello.shard ?? wholeShard;
      this.relays.add(relay);
      this.#options.onChange();
      socket.write(jsonFrame(FrameType.welcome, { version: RELAY_VERSION, agent: this.#options.agent }));
    } else if (type === FrameType.targets) {
      relay.targets = readJson(RelayTargets, 'targets', view, at, end).targets;
      this.#options.onChange();
    } else if (type === FrameType.ping) {
      this.#options.drain(); // the pong says that all captured before it was told
      socket.write(jsonFrame(FrameType.pong, { dropped: relay.dropped, captureDropped: this.#options.captureDropped() } satisfies RelayPong));
    } else throw new Error(`frame type ${type} is not one of an online agent`);
  }
}
