// The online agent's end of a relay: connects, proves itself, announces its targets, receives answer records; comes back by itself.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Shard } from '@parallax/wire';
import { FrameReader, FrameType, jsonFrame, pingFrame, RELAY_VERSION, RelayPong, RelayRefusal, type RelayTarget, RelayWelcome, readJson } from './frame.ts';
import { RELAY_CIPHERS } from './key.ts';

const PING_EVERY_MS = 500;
const DEAD_AFTER_MS = 2000;
const RETRY_FIRST_MS = 100;
const RETRY_MOST_MS = 500; // an attempt costs next to nothing, and mirroring stands still until one succeeds
const READ_BYTES = 64 << 10;

export interface RelayClientOptions {
  address: string;
  port: number;
  /** Null: no authentication, no encryption (a lab). */
  credential: { identity: string; key: Buffer } | null;
  agent: string;
  /** Whose answers are wanted of this agent's packet paths. */
  shard?: Shard;
  /** One frame of answer records in bytes [at, end), valid during the call. */
  onAnswers(view: DataView, at: number, end: number): void;
  /** One frame of marks, in the same way. They come before the answers that they were read from. */
  onMarks(view: DataView, at: number, end: number): void;
  /** All answers that the assistant captured before `heardUpToMs` have come. */
  onHeard?(): void;
  /** The relay is up, or down for a reason that an operator can read. */
  onState(isUp: boolean, reason: string): void;
}

export class RelayClient {
  readonly #options: RelayClientOptions;
  #socket: Socket | null = null;
  #targets: readonly RelayTarget[] = [];
  #isUp = false;
  #isClosed = false;
  #retryMs = RETRY_FIRST_MS;
  #retryTimer: NodeJS.Timeout | undefined;
  #pingTimer: NodeJS.Timeout | undefined;
  #heardAtMs = 0;
  /** When the pings left that are not answered yet, and whether one of them asks something. */
  #pingedAtMs: number[] = [];
  #isAsking = false;
  /** All answers that the assistant captured before this have come, ms of performance.now(). */
  heardUpToMs = Number.NEGATIVE_INFINITY;
  #refusal: string | null = null;
  /** What the assistant told last; null before it told anything on this connection. */
  #told: RelayPong | null = null;
  /** What the assistant lost while this relay was up: of the answers for this agent, and of all that its kernel captured. */
  readonly losses = { dropped: 0, captureDropped: 0 };

  constructor(options: RelayClientOptions) {
    this.#options = options;
    this.#connect();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** The targets whose answers are wanted; told again after every reconnection. */
  setTargets(targets: readonly RelayTarget[]): void {
    this.#targets = targets;
    if (this.#isUp) this.#socket?.write(jsonFrame(FrameType.targets, { targets }));
  }

  /** Ask whether all has come that was captured up to now; one question at a time. */
  ask(): void {
    if (!this.#isUp || this.#isAsking) return;
    this.#isAsking = true;
    this.#ping();
  }

  #ping(): void {
    this.#pingedAtMs.push(performance.now());
    this.#socket?.write(pingFrame);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#pingTimer);
    this.#socket?.destroy();
  }

  #connect(): void {
    const { address, port, credential, agent, shard } = this.#options;
    this.#refusal = null;
    this.#told = null;
    this.#pingedAtMs = [];
    this.#isAsking = false;
    const reader = new FrameReader((type, view, at, end) => this.#onFrame(type, view, at, end));
    let failure: Error | null = null;
    const onBytes = (lengthBytes: number, into: Uint8Array): boolean => {
      this.#heardAtMs = performance.now();
      try {
        reader.push(into.subarray(0, lengthBytes));
      } catch (error) {
        failure = error as Error;
        socket.destroy();
      }
      return true;
    };
    // No stream in between: it would take a buffer and some µs for each read (net and tls have this option; only net's type knows it).
    const reading = { onread: { buffer: Buffer.allocUnsafe(READ_BYTES), callback: onBytes } };
    const socket: Socket =
      credential === null
        ? connectTcp({ host: address, port, ...reading })
        : connectTls({
            host: address,
            port,
            ...reading,
            ciphers: RELAY_CIPHERS,
            minVersion: 'TLSv1.2',
            maxVersion: 'TLSv1.2',
            pskCallback: () => ({ psk: credential.key, identity: credential.identity }),
            checkServerIdentity: () => undefined, // the key proves both ends; there is no certificate
          });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.once(credential === null ? 'connect' : 'secureConnect', () =>
      socket.write(jsonFrame(FrameType.hello, { magic: 'parallax-relay', version: RELAY_VERSION, agent, targets: this.#targets, shard })),
    );
    socket.on('error', (error) => {
      failure = error;
    });
    socket.once('close', () => this.#onClose(failure));
    this.#heardAtMs = performance.now();
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => {
      if (performance.now() - this.#heardAtMs > DEAD_AFTER_MS) {
        failure ??= new Error(`silent for ${DEAD_AFTER_MS} ms`);
        socket.destroy();
      } else if (this.#isUp) this.#ping();
    }, PING_EVERY_MS);
  }

  #onFrame(type: number, view: DataView, at: number, end: number): void {
    if (type === FrameType.answers && this.#isUp) this.#options.onAnswers(view, at, end);
    else if (type === FrameType.marks && this.#isUp) this.#options.onMarks(view, at, end);
    else if (type === FrameType.welcome) {
      const { version } = readJson(RelayWelcome, 'welcome', view, at, end);
      if (version !== RELAY_VERSION)
        throw new Error(`the assistant speaks relay version ${version}, this agent version ${RELAY_VERSION}; install the same release on both`);
      this.#isUp = true;
      this.#retryMs = RETRY_FIRST_MS;
      this.#socket?.write(jsonFrame(FrameType.targets, { targets: this.#targets }));
      this.#options.onState(true, 'connected');
    } else if (type === FrameType.refusal) this.#refusal = readJson(RelayRefusal, 'refusal', view, at, end).reason;
    else if (type === FrameType.pong) this.#onPong(readJson(RelayPong, 'pong', view, at, end));
    else throw new Error(`the peer does not speak the relay protocol (frame type ${type})`);
  }

  #onPong(pong: RelayPong): void {
    const { dropped, captureDropped } = this.#told ?? { dropped: 0, captureDropped: pong.captureDropped };
    this.losses.dropped += Math.max(0, pong.dropped - dropped);
    this.losses.captureDropped += Math.max(0, pong.captureDropped - captureDropped);
    this.#told = pong;
    this.heardUpToMs = this.#pingedAtMs.shift() ?? this.heardUpToMs;
    if (this.#pingedAtMs.length === 0) this.#isAsking = false;
    this.#options.onHeard?.();
  }

  #onClose(failure: Error | null): void {
    clearInterval(this.#pingTimer);
    if (this.#isClosed) return;
    this.#isUp = false;
    this.#options.onState(false, this.#explain(failure));
    this.#retryTimer = setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MOST_MS);
  }

  #explain(failure: Error | null): string {
    const { address, port, credential } = this.#options;
    const where = `the assistant at ${address.includes(':') ? `[${address}]` : address}:${port}`;
    if (this.#refusal !== null) return `${where} refused: ${this.#refusal}`;
    if (failure === null) return credential === null ? `${where} closed the connection; does it run with --no-auth too?` : `${where} closed the connection`;
    const code = (failure as NodeJS.ErrnoException).code ?? '';
    if (code === 'ECONNREFUSED') return `${where} is not listening; start "parallax assistant" there, or correct the address`;
    if (['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'].includes(code)) return `${where} cannot be reached (${code}); check the address and the network`;
    if (code.includes('DECRYPT') || code.includes('BAD_RECORD_MAC') || code.includes('PSK') || code.includes('UNKNOWN_PSK')) {
      return `${where} does not have the same key; use the same key file on both`;
    }
    if (code.includes('SSL') || code.includes('WRONG_VERSION'))
      return `${where} does not speak TLS with a pre-shared key (${code}); does it run with --no-auth?`;
    return `${where}: ${failure.message}`;
  }
}
