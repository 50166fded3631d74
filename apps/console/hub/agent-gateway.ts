// The WebSocket of agents: lets in who has a token, keeps the line alive, and lets nothing malformed further in.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { FromAgent, Hello, PROTOCOL_VERSION, type ToAgent } from '@parallax/protocol';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { hashToken } from '../account/secrets.ts';
import type { Agent } from '../store/store.ts';
import type { Hub, Log } from './hub.ts';
import type { AgentLink } from './live-agent.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';

const helloWithinMs = 5_000;
const pingEveryMs = 5_000;
const eventBurst = 50;
const eventsPerSecond = 10;

type GatewayOptions = { hub: Hub; log: Log; helloWithinMs?: number; pingEveryMs?: number };

export class AgentGateway {
  #hub: Hub;
  #log: Log;
  #helloWithinMs: number;
  #pingEveryMs: number;
  #server = new WebSocketServer({ noServer: true, maxPayload: 1 << 20, perMessageDeflate: false });

  constructor(options: GatewayOptions) {
    this.#hub = options.hub;
    this.#log = options.log;
    this.#helloWithinMs = options.helloWithinMs ?? helloWithinMs;
    this.#pingEveryMs = options.pingEveryMs ?? pingEveryMs;
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return refuseUpgrade(socket, 401, 'an agent needs its token: Authorization: Bearer TOKEN');
    const agent = await this.#hub.store.findAgentByToken(hashToken(token));
    if (!agent) return refuseUpgrade(socket, 401, 'this token is not known: the agent was deleted, or the token is of another console; add the agent again');
    if (agent.tokenExpiresAtMs !== null && agent.tokenExpiresAtMs < this.#hub.now()) {
      return refuseUpgrade(socket, 401, 'this token was not used within its hour and has expired: delete the agent in the console and add it again');
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#serve(ws, agent));
  }

  #serve(ws: WebSocket, agent: Agent): void {
    const send = (message: ToAgent) => {
      if (ws.readyState === WebSocket.OPEN) ws.send(JSON.stringify(message));
    };
    const link: AgentLink = { send, close: (code, reason) => ws.close(code, reason) };
    const refuse = (reason: string) => {
      this.#log.warn({ agent: agent.name, reason }, 'agent refused');
      send({ type: 'refusal', reason });
      ws.close(4000, reason.slice(0, 120));
    };
    let isIn = false;
    let isAlive = true;
    let closedBecause = 'it closed the connection';
    let events = eventBurst;
    let sequence = 0;
    const timers = [
      setTimeout(() => isIn || refuse(`no hello within ${this.#helloWithinMs / 1000} s`), this.#helloWithinMs),
      setInterval(() => {
        if (!isAlive) {
          closedBecause = `it does not answer since ${Math.round((2 * this.#pingEveryMs) / 1000)} s`;
          return ws.terminate();
        }
        isAlive = false;
        ws.ping();
      }, this.#pingEveryMs),
      setInterval(() => isIn && send({ type: 'heartbeat', sequence: sequence++ }), Math.min(5_000, this.#hub.leaseMs / 4)),
      setInterval(() => {
        events = Math.min(eventBurst, events + eventsPerSecond);
      }, 1_000),
    ];

    const bad = (why: string) => {
      closedBecause = `it sent what this console does not understand (${why})`;
      this.#log.warn({ agent: agent.name, why }, 'bad message from agent');
      this.#hub.note({ level: 'error', agentId: agent.id, mappingId: null, text: `${agent.name} sent what this console does not understand: ${why}` });
      ws.close(1008, why.slice(0, 120));
    };
    const listen = (data: RawData, isBinary: boolean) => {
      isAlive = true;
      if (ws.readyState !== WebSocket.OPEN) return; // already refused
      const message = isBinary ? null : parseJson(data.toString());
      if (!isIn) {
        const said = z.looseObject({ type: z.literal('hello'), protocol: z.int() }).safeParse(message);
        if (!said.success) return bad('its first message is not a hello');
        if (said.data.protocol !== PROTOCOL_VERSION) {
          return refuse(`this agent speaks protocol ${said.data.protocol}, this console ${PROTOCOL_VERSION}: install the same release of Parallax on both`);
        }
        const hello = Hello.safeParse(message);
        if (!hello.success) return bad(describe(hello.error));
        if (hello.data.role !== agent.role)
          return refuse(`this token is for ${agent.role} agent ${agent.name}, but the agent that uses it has the role ${hello.data.role}`);
        isIn = true;
        return this.#hub.agentConnected(agent, hello.data, link);
      }
      const parsed = FromAgent.safeParse(message);
      if (!parsed.success) return bad(describe(parsed.error));
      if (parsed.data.type === 'event' && --events < 0) return; // a flood of events says nothing more
      try {
        this.#hub.agentSaid(agent.id, parsed.data);
      } catch (error) {
        bad(`${parsed.data.type}: ${(error as Error).message}`);
      }
    };
    ws.on('message', listen);
    ws.on('pong', () => {
      isAlive = true;
    });
    ws.on('error', (error) => {
      closedBecause = error.message;
    });
    ws.on('close', (code, reason) => {
      for (const timer of timers) clearTimeout(timer);
      this.#hub.agentDisconnected(agent.id, link, reason.length > 0 && code !== 1008 ? `${reason}` : closedBecause);
    });
  }

  /** Ends every connection; agents come back by themselves. */
  close(): void {
    for (const client of this.#server.clients) client.close(1012, 'the console stops');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.') || 'message'}: ${issue.message}` : 'not a message';
}
