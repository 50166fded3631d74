// The WebSocket of browsers: a snapshot, then every change.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { FromViewer, type ToViewer } from '@parallax/protocol';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { isSameOrigin, loginCookie, readCookie } from '../account/cookie.ts';
import type { Hub, Log } from './hub.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';

const backlogLimitBytes = 4 << 20;
const checkEveryMs = 15_000;
const beatEveryMs = 4_000;

type Viewer = { ws: WebSocket; token: string; watched: string | null; isAlive: boolean };
type GatewayOptions = { hub: Hub; log: Log; isLoggedIn: (token: string) => Promise<boolean> };

export class LiveGateway {
  #hub: Hub;
  #log: Log;
  #isLoggedIn: GatewayOptions['isLoggedIn'];
  #viewers = new Set<Viewer>();
  #server = new WebSocketServer({ noServer: true, maxPayload: 64 << 10, perMessageDeflate: { threshold: 16 << 10 } });
  #stopListening: () => void;
  #check: NodeJS.Timeout;
  #beat: NodeJS.Timeout;

  constructor(options: GatewayOptions) {
    this.#hub = options.hub;
    this.#log = options.log;
    this.#isLoggedIn = options.isLoggedIn;
    this.#stopListening = options.hub.bus.subscribe((message) => this.#tell(message));
    this.#check = setInterval(() => this.#checkViewers(), checkEveryMs);
    this.#beat = setInterval(() => this.#tell({ type: 'beat' }), beatEveryMs);
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { host, origin, cookie } = request.headers;
    const forwardedHost = request.headers['x-forwarded-host'];
    if (!isSameOrigin({ host, origin, forwardedHost: typeof forwardedHost === 'string' ? forwardedHost : undefined })) {
      return refuseUpgrade(socket, 403, `the page at ${origin ?? 'no origin'} may not read from this console`);
    }
    const token = readCookie(cookie, loginCookie);
    if (token === undefined || !(await this.#isLoggedIn(token))) return refuseUpgrade(socket, 401, 'log in first');
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#serve({ ws, token, watched: null, isAlive: true }));
  }

  /** Ends the connections of a login that was logged out. */
  logOut(token: string): void {
    for (const viewer of this.#viewers) if (viewer.token === token) viewer.ws.close(4401, 'logged out');
  }

  close(): void {
    clearInterval(this.#check);
    clearInterval(this.#beat);
    this.#stopListening();
    for (const { ws } of this.#viewers) ws.close(1012, 'the console stops');
  }

  #serve(viewer: Viewer): void {
    const { ws } = viewer;
    ws.send(JSON.stringify(this.#hub.snapshot()));
    this.#viewers.add(viewer);
    ws.on('message', (data, isBinary) => this.#hear(viewer, data, isBinary));
    ws.on('pong', () => {
      viewer.isAlive = true;
    });
    ws.on('error', (error) => this.#log.warn({ err: error }, 'viewer connection failed'));
    ws.on('close', () => {
      this.#viewers.delete(viewer);
      this.#watch(viewer, null);
    });
  }

  #hear(viewer: Viewer, data: RawData, isBinary: boolean): void {
    let message: FromViewer;
    try {
      if (isBinary) throw new Error('binary');
      message = FromViewer.parse(JSON.parse(data.toString()));
    } catch {
      return viewer.ws.close(1008, 'not a message of this protocol');
    }
    const isKnown = message.mappingId !== null && this.#hub.mappings.has(message.mappingId);
    this.#watch(viewer, isKnown ? message.mappingId : null, message.sessionId ?? null);
  }

  #watch(viewer: Viewer, mappingId: string | null, sessionId: string | null = null): void {
    const before = viewer.watched;
    viewer.watched = mappingId;
    if (mappingId !== null) this.#hub.watches.set(mappingId, viewer, sessionId);
    if (before !== null && before !== mappingId) this.#hub.watches.remove(before, viewer);
  }

  #tell(message: ToViewer): void {
    const text = JSON.stringify(message);
    for (const viewer of this.#viewers) {
      if (message.type === 'sessions' && viewer.watched !== message.mappingId) continue;
      if (viewer.ws.readyState !== WebSocket.OPEN) continue;
      // A browser that cannot keep up starts again with a snapshot instead of falling ever further behind.
      if (viewer.ws.bufferedAmount > backlogLimitBytes) viewer.ws.close(1013, 'too slow');
      else viewer.ws.send(text);
    }
  }

  #checkViewers(): void {
    for (const viewer of this.#viewers) {
      if (!viewer.isAlive) {
        viewer.ws.terminate();
        continue;
      }
      viewer.isAlive = false;
      viewer.ws.ping();
      void this.#isLoggedIn(viewer.token).then(
        (isIn) => isIn || viewer.ws.close(4401, 'the login has expired'),
        (error) => this.#log.error({ err: error }, 'cannot check a login'),
      );
    }
  }
}
