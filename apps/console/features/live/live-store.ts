'use client';
import { type FromViewer, type LiveSample, ToViewer } from '@parallax/protocol';
import { callApi } from '../../lib/api-client.ts';
import { applyMessage, fromSnapshot, type LiveState, mergeSamples, type Snapshot } from './live-state.ts';
import { emptyTrace } from './trace-state.ts';

const firstRetryMs = 500;
const slowestRetryMs = 8_000;
const loggedOut = 4401;
/** The console speaks every 4 s: a connection that is silent for so long is lost, whatever the browser believes. */
const silentMs = 12_000;

/** One WebSocket for the whole page, and what it said. Reconnects by itself. */
export class LiveStore {
  readonly initial: LiveState;
  #state: LiveState;
  #listeners = new Set<() => void>();
  #socket: WebSocket | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retryMs = firstRetryMs;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #heardAtMs = 0;
  #watched: string | null = null;
  #followed: string | null = null;

  constructor(snapshot: Snapshot) {
    this.initial = fromSnapshot(snapshot);
    this.#state = this.initial;
  }

  get state(): LiveState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  connect(): void {
    clearTimeout(this.#retry);
    this.#heardAtMs = Date.now();
    this.#watchdog ??= setInterval(() => this.#checkSilence(), 1_000);
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/live`);
    this.#socket = socket;
    socket.onmessage = (event) => {
      this.#heardAtMs = Date.now();
      const message = ToViewer.safeParse(JSON.parse(String(event.data)));
      if (!message.success || socket !== this.#socket) return;
      if (message.data.type === 'snapshot') {
        this.#retryMs = firstRetryMs;
        if (this.#watched !== null) this.#tellWatched();
      }
      this.#set(applyMessage(this.#state, message.data, Date.now()));
    };
    socket.onclose = (event) => {
      if (socket !== this.#socket) return;
      if (event.code === loggedOut) return location.assign('/login');
      this.#onLost(Date.now());
    };
  }

  /** `sinceMs`: nothing that came later is shown. */
  #onLost(sinceMs: number): void {
    const { connection } = this.#state;
    const nowMs = Date.now();
    this.#socket = null;
    // A refused WebSocket does not tell why; this leads to the log-in page if that is what is missing.
    if (connection.state === 'lost') callApi('GET', '/agents').catch(() => {});
    this.#set({
      ...this.#state,
      connection: { state: 'lost', sinceMs: connection.state === 'lost' ? connection.sinceMs : sinceMs, retryAtMs: nowMs + this.#retryMs },
    });
    this.#retry = setTimeout(() => this.connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, slowestRetryMs);
  }

  #checkSilence(): void {
    const socket = this.#socket;
    if (socket === null || Date.now() - this.#heardAtMs <= silentMs) return;
    this.#onLost(this.#heardAtMs);
    socket.close();
  }

  disconnect(): void {
    clearTimeout(this.#retry);
    clearInterval(this.#watchdog);
    this.#watchdog = undefined;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** Which mapping's sessions to be told of; null for none. */
  watchSessions(mappingId: string | null): void {
    this.#watched = mappingId;
    this.#followed = null;
    if (this.#state.sessions && this.#state.sessions.mappingId !== mappingId) this.#set({ ...this.#state, sessions: null });
    this.#tellWatched();
  }

  /** Which of those sessions to be told of segment by segment; null for none. */
  followSession(sessionId: string | null): void {
    if (sessionId === this.#followed) return;
    this.#followed = sessionId;
    this.#set({ ...this.#state, trace: sessionId === null ? null : emptyTrace(sessionId) });
    this.#tellWatched();
  }

  #tellWatched(): void {
    this.#send({ type: 'watch-sessions', mappingId: this.#watched, sessionId: this.#followed });
  }

  /** What the console kept of a mapping from before this page was opened. */
  addHistory(mappingId: string, samples: readonly LiveSample[]): void {
    const merged = mergeSamples(this.#state.samples.get(mappingId) ?? [], samples);
    this.#set({ ...this.#state, samples: new Map(this.#state.samples).set(mappingId, merged) });
  }

  #send(message: FromViewer): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #set(state: LiveState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
