// An agent's WebSocket to the console: says hello, takes its desired state, keeps the lease, comes back by itself.
import {
  type AskLoad,
  type ComparisonStored,
  type Desired,
  type FromAgent,
  type Hello,
  PROTOCOL_VERSION,
  ToAgent,
  type WatchSessions,
} from '@parallax/protocol';
import WebSocket from 'ws';

const RETRY_FIRST_MS = 250;
const RETRY_MOST_MS = 10_000;
const MOST_BYTES = 4 << 20;
/** Without so much as a ping for so long the connection is dead. */
const DEAD_AFTER_MS = 20_000;

export interface ConsoleLinkOptions {
  /** ws:, wss: or ws+unix:/SOCKET:/ws/agent */
  url: string;
  token: string;
  hello(): Omit<Hello, 'type' | 'protocol'>;
  onDesired(desired: Desired): void;
  onWatch(watch: WatchSessions): void;
  onAskLoad(ask: AskLoad): void;
  /** These seconds are in the console's store. */
  onStored(stored: ComparisonStored): void;
  /** Connected and welcome (then the state should be told), or not, for a reason. */
  onState(isConnected: boolean, reason: string): void;
  /** The console has been silent for the whole lease: what it asked for must end (design, "Safety"). */
  onLeaseEnd(leaseMs: number): void;
}

export class ConsoleLink {
  readonly #options: ConsoleLinkOptions;
  #socket: WebSocket | null = null;
  #isWelcome = false;
  #isClosed = false;
  #retryMs = RETRY_FIRST_MS;
  #retryTimer: NodeJS.Timeout | undefined;
  #leaseTimer: NodeJS.Timeout | undefined;
  #deadTimer: NodeJS.Timeout | undefined;
  #leaseMs = 0;

  constructor(options: ConsoleLinkOptions) {
    this.#options = options;
    this.#connect();
  }

  get isConnected(): boolean {
    return this.#isWelcome;
  }

  /** Say it if the console is there; samples of a disconnected time are not kept. */
  send(message: FromAgent): void {
    if (this.#isWelcome) this.#socket?.send(JSON.stringify(message));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#leaseTimer);
    clearTimeout(this.#deadTimer);
    this.#socket?.close(1001);
  }

  #connect(): void {
    const { url, token, hello, onState } = this.#options;
    let reason = 'the console closed the connection';
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${token}` },
      maxPayload: MOST_BYTES,
      perMessageDeflate: false,
      handshakeTimeout: 5000,
    });
    this.#socket = socket;
    socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', protocol: PROTOCOL_VERSION, ...hello() } satisfies Hello)));
    socket.on('message', (data) => {
      this.#stayAlive();
      const refusal = this.#onMessage(String(data));
      if (refusal !== null) reason = refusal;
    });
    socket.on('ping', () => this.#stayAlive());
    socket.on('unexpected-response', (_request, response) => {
      reason =
        response.statusCode === 401
          ? 'the console does not know this token (401); add the agent anew in the console and use the token that it shows'
          : `${url} answered ${response.statusCode}; is it a Parallax console, with the path /ws/agent?`;
      socket.terminate();
    });
    socket.on('error', (error) => {
      if (!reason.includes('token') && !reason.includes('answered'))
        reason = `cannot reach the console at ${url}: ${error.message || (error as NodeJS.ErrnoException).code}`;
    });
    socket.once('close', () => {
      clearTimeout(this.#deadTimer);
      this.#isWelcome = false;
      if (this.#isClosed) return;
      onState(false, reason);
      this.#retryTimer = setTimeout(() => this.#connect(), this.#retryMs * (0.75 + Math.random() / 2)); // agents of one console do not return all at once
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MOST_MS);
    });
    this.#stayAlive();
  }

  #onMessage(text: string): string | null {
    let raw: unknown;
    try {
      raw = JSON.parse(text);
    } catch {
      this.#socket?.close(1008, 'not JSON');
      return 'the console sent something that is not JSON';
    }
    const parsed = ToAgent.safeParse(raw);
    if (!parsed.success) return null; // a newer console may say more than this agent understands
    const message = parsed.data;
    switch (message.type) {
      case 'welcome':
        this.#isWelcome = true;
        this.#retryMs = RETRY_FIRST_MS;
        this.#leaseMs = message.leaseMs;
        this.#renewLease();
        this.#options.onState(true, `connected as ${message.agentName}`);
        return null;
      case 'refusal':
        return `the console refused this agent: ${message.reason}`;
      case 'desired':
        this.#options.onDesired(message);
        return null;
      case 'watch-sessions':
        this.#options.onWatch(message);
        return null;
      case 'ask-load':
        this.#options.onAskLoad(message);
        return null;
      case 'comparison-stored':
        this.#options.onStored(message);
        return null;
      case 'heartbeat':
        this.#renewLease();
        this.send({ type: 'heartbeat-seen', sequence: message.sequence });
        return null;
    }
  }

  #renewLease(): void {
    clearTimeout(this.#leaseTimer);
    this.#leaseTimer = setTimeout(() => this.#options.onLeaseEnd(this.#leaseMs), this.#leaseMs);
  }

  #stayAlive(): void {
    clearTimeout(this.#deadTimer);
    this.#deadTimer = setTimeout(() => this.#socket?.terminate(), DEAD_AFTER_MS);
  }
}
