// A hub with both gateways on a port of this host, and clients that speak to it. For tests.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentRole, FromAgent, ToAgent, ToViewer } from '@parallax/protocol';
import { WebSocket } from 'ws';
import { loginCookie } from '../account/cookie.ts';
import { AgentGateway } from '../hub/agent-gateway.ts';
import { Control } from '../hub/control.ts';
import { Hub } from '../hub/hub.ts';
import { LiveGateway } from '../hub/live-gateway.ts';
import { hello } from './samples.ts';
import { temporaryStore } from './temporary-store.ts';

const silent = { info() {}, warn() {}, error() {} };

/** A WebSocket whose messages can be waited for. */
export class TestClient<Message extends { type: string }> {
  readonly socket: WebSocket;
  readonly messages: Message[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #waiting: (() => void)[] = [];

  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as Message);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.closed = new Promise((resolve) => this.socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })));
    this.socket.on('error', () => {});
  }

  async open(): Promise<this> {
    await new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject));
    return this;
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The first message from `from` on that fits; waits for it. */
  async next<Type extends Message['type']>(
    type: Type,
    fits: (message: Extract<Message, { type: Type }>) => boolean = () => true,
    from = 0,
  ): Promise<Extract<Message, { type: Type }>> {
    const giveUpAtMs = Date.now() + 5_000;
    for (;;) {
      const found = this.messages.slice(from).find((message): message is Extract<Message, { type: Type }> => message.type === type && fits(message as never));
      if (found) return found;
      if (Date.now() > giveUpAtMs) throw new Error(`no ${type} in ${JSON.stringify(this.messages.map((message) => message.type))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}

export async function runningHub(options: { leaseMs?: number; helloWithinMs?: number; pingEveryMs?: number } = {}) {
  const store = await temporaryStore();
  const clock = { aheadMs: 0 };
  const hub = await Hub.open({ store, leaseMs: options.leaseMs ?? 60_000, log: silent, now: () => Date.now() + clock.aheadMs });
  const agents = new AgentGateway({ hub, log: silent, ...options });
  const live = new LiveGateway({ hub, log: silent, isLoggedIn: async (token) => token === 'good' });
  const server = createServer().on('upgrade', (request, socket, head) => {
    void (request.url === '/ws/agent' ? agents : live).upgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const control = new Control(hub);

  const connect = (token: string) => new TestClient<ToAgent>(`ws://${host}/ws/agent`, { authorization: `Bearer ${token}` });
  const join = async (token: string, role: AgentRole, change: Partial<ReturnType<typeof hello>> = {}) => {
    const client = await connect(token).open();
    client.say(hello(role, change));
    await client.next('desired');
    return client;
  };
  /** What a well-behaved online agent answers to what it was told. */
  const report = (client: TestClient<ToAgent>, desired: Extract<ToAgent, { type: 'desired' }>) => {
    const state: FromAgent = {
      type: 'state',
      revision: desired.revision,
      packetPath: { state: 'running', reason: 'test', pid: 1, restarts: 0 },
      mappings: desired.mappings.map(({ id }) => ({ id, state: 'running', reason: '' })),
      relays: [],
    };
    client.say(state);
  };
  const view = (headers: Record<string, string> = { origin: `http://${host}`, cookie: `${loginCookie}=good` }) =>
    new TestClient<ToViewer>(`ws://${host}/ws/live`, headers);
  const close = async () => {
    live.close();
    agents.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await hub.close();
    await store.close();
  };
  return { hub, store, control, clock, host, live, connect, join, report, view, close };
}
