// The clients' connections to the online server, and what became of their copies.
import { type AddressWords, isSameAddress, RST, seqDiff } from '@parallax/wire';
import type { Session } from '../session/session.ts';
import { ClientApp } from './client-app.ts';
import { flowOf, type Packet } from './packet.ts';
import { Peer, type PeerEvents } from './peer.ts';
import { receive } from './peer-receive.ts';
import { emit, openActively } from './peer-send.ts';
import type { SessionPlan } from './scenario.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** A client's connection and what became of its copies. */
export interface SessionModel {
  plan: SessionPlan;
  client: Peer;
  app: ClientApp;
  online: Peer | null;
  openedAtMs: number;
  /** The target's ends of its copies, and at which byte of the client each begins. */
  targets: TargetEnd[];
}

export interface TargetEnd {
  peer: Peer;
  base: number;
}

export class Conversations {
  /** Every one that was opened. */
  readonly all: SessionModel[] = [];
  readonly #world: World;
  readonly #clients: readonly AddressWords[];
  readonly #online: AddressWords;
  readonly #byFlow = new Map<string, SessionModel>();
  /** By the session's id. */
  readonly #models = new Map<number, SessionModel>();

  constructor(world: World, clients: readonly AddressWords[], online: AddressWords) {
    this.#world = world;
    this.#clients = clients;
    this.#online = online;
  }

  open(plan: SessionPlan, hasWaited = false): void {
    const { schedule, random, clientsToOnline } = this.#world;
    const { client, port } = plan;
    const ends = { address: this.#clients[client]!, port, remote: this.#online, remotePort: 80 };
    const flow = flowOf(ends.remote, 80, ends.address, port);
    const older = this.#byFlow.get(flow);
    if (older !== undefined) {
      const isOver = older.client.state === 'closed' || older.client.state === 'timeWait';
      // A port is not used again while packets of its last connection are still on the way.
      if (!isOver || !hasWaited) return schedule.after(50_000, () => this.open(plan, isOver));
    }
    const events: PeerEvents = {
      onOpen: () => model.app.onOpen(),
      onAccepted: () => {},
      onReadable: () => model.app.onReadable(),
      onClosed: () => {},
    };
    const send = (packet: Packet) => {
      if (!model.app.isVanished) clientsToOnline.send(packet);
    };
    const peer = new Peer({ schedule, send }, plan.options, events, ends, plan.iss);
    const app = new ClientApp(peer, plan.turns, plan.end, plan.answerBytes, random);
    const model: SessionModel = { plan, client: peer, app, online: null, openedAtMs: schedule.nowMs, targets: [] };
    this.all.push(model);
    this.#byFlow.set(flow, model);
    openActively(peer);
  }

  /** A packet reaches a client. */
  receive(packet: Packet): void {
    const model = this.#byFlow.get(flowOf(packet.source, packet.sourcePort, packet.destination, packet.destinationPort));
    if (model === undefined || model.app.isVanished) return;
    if (model.client.state !== 'closed') receive(model.client, packet);
    else if ((packet.flags & RST) === 0) emit(model.client, seqDiff(packet.ack, model.client.seqOf(0)), RST);
  }

  /** The online server has accepted a connection. */
  onAccepted(peer: Peer): void {
    const model = this.#byFlow.get(flowOf(peer.address, peer.port, peer.remote, peer.remotePort));
    if (model !== undefined && model.plan.iss === peer.irs) model.online = peer;
  }

  /** The client's connection that the engine's session stands for. */
  modelOf(session: Session): SessionModel {
    const known = this.#models.get(session.id);
    if (known !== undefined) return known;
    const same = this.all.filter(({ client }) => client.port === session.clientPort && isSameAddress(client.address, session.client));
    const model = same.find(({ plan }) => plan.iss === session.clientIss) ?? same.findLast(({ openedAtMs }) => openedAtMs <= session.openedAtMs + 1);
    if (model === undefined) throw new Violation(`a session from port ${session.clientPort} that no client has`);
    this.#models.set(session.id, model);
    return model;
  }
}
