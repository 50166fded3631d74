// The packet path of an assistant: the target's answers are captured, their headers returned to the online agents, and nothing else happens to them.
import { randomBytes } from 'node:crypto';
import { type ChildPort, clockSetText, collect, grown, hostClock, RelayServer, servePacketPath, shiftForTests } from '@parallax/agent-kit/child';
import { answersFilter, FrameBatch, type Io, offloadsOf, openIo, pcapFilter } from '@parallax/device';
import { AnswerReaders, SteadyClock } from '@parallax/engine';
import type { AssistantSample, Configure, OpenAssistant } from '@parallax/protocol';
import { IpView, PROTOCOL_TCP, TcpView } from '@parallax/wire';
import { whyForwarding } from './forwarding.ts';
import { type Route, Routes } from './routes.ts';

const SAMPLE_MS = 1000;
const SWEEP_EVERY_SAMPLES = 60;

type Packets = AssistantSample['packets'];

class AssistantPath {
  readonly #port: ChildPort;
  readonly #open: OpenAssistant;
  readonly #io: Io;
  readonly #server: RelayServer;
  readonly #routes = new Routes();
  readonly #batch = new FrameBatch(256);
  readonly #clock = new SteadyClock(hostClock, (stepUs) => this.#warn(clockSetText(stepUs)));
  readonly #ip: IpView;
  readonly #tcp: TcpView;
  readonly #keys = new Map<string, Buffer>();
  #malformed = 0;
  readonly #readers: AnswerReaders;
  /** Of the answer that is being read. */
  #route: Route | null = null;
  #samples = 0;
  #unrouted = 0;
  #last: Packets = { captured: 0, captureDropped: 0, malformed: 0, unrouted: 0, relayed: 0, relayDropped: 0 };

  constructor(open: OpenAssistant, port: ChildPort) {
    this.#port = port;
    this.#open = open;
    const filter = open.filter === null ? answersFilter([]) : pcapFilter(open.filter);
    this.#io = openIo({ interfaceName: open.interfaceName, io: open.io, rx: open.rx, filter, inject: false, storeBytes: 0 });
    this.#ip = new IpView(this.#io.memory.view);
    this.#tcp = new TcpView(this.#io.memory.view);
    this.#readers = new AnswerReaders(this.#io.memory.bytes, randomBytes(4).readInt32LE(), (mark, status, lengthBytes) => {
      const port = this.#tcp.destinationPort;
      for (const relay of this.#route!.relays) if (relay.wants(port)) relay.addMark(this.#ip, this.#tcp, mark, status, lengthBytes);
    });
    this.#server = new RelayServer({
      ...open.relay,
      agent: open.agent,
      keyOf: open.isAuthenticated ? (identity) => this.#keys.get(identity) ?? null : undefined,
      onChange: () => this.#onRelays(),
      drain: () => this.#drain(),
      captureDropped: () => this.#io.capture.counters().dropped,
      onWarning: (text) => port.send({ type: 'event', atMs: Date.now(), level: 'warning', mappingId: null, text }),
    });
    this.#io.capture.onReadable(
      () => this.#drain(),
      () => true, // nobody knows here whether copies wait for it
    );
    setInterval(() => {
      this.#watchForwarding();
      this.#sample();
    }, SAMPLE_MS);
  }

  async listen(): Promise<void> {
    await this.#server.listen();
    collect();
    this.#port.send({ type: 'opened', backend: this.#io.backend, why: this.#io.why, offloads: offloadsOf(this.#open.interfaceName) });
    if (shiftForTests !== null) this.#warn(shiftForTests);
    this.#onRelays();
  }

  configure({ relays }: Configure): void {
    this.#keys.clear();
    for (const { identity, key } of relays) this.#keys.set(identity, Buffer.from(key, 'base64'));
  }

  #onRelays(): void {
    this.#routes.replace(this.#server.relays);
    if (this.#open.filter === null) this.#io.capture.setFilter(answersFilter(this.#routes.targets));
    this.#port.send({
      type: 'path-state',
      shedding: null,
      mappings: [],
      relays: [...this.#server.relays].map((relay) => ({
        peer: `${relay.agent} ${relay.peer}`,
        connected: true,
        reason: `${relay.targets.length} ${relay.targets.length === 1 ? 'target' : 'targets'}`,
      })),
    });
  }

  #drain(): void {
    const batch = this.#batch;
    const clock = this.#clock;
    clock.look();
    for (let count = this.#io.capture.take(batch); count > 0; count = this.#io.capture.take(batch)) {
      for (let index = 0; index < count; index++)
        this.#onFrame(batch.at[index]!, batch.lengthBytes[index]!, batch.wireBytes[index]!, clock.of(hostClock.captured(batch.capturedAtUs[index]!)));
      this.#io.capture.release();
      for (const relay of this.#server.relays) relay.flush();
    }
  }

  #onFrame(at: number, lengthBytes: number, wireBytes: number, capturedAtUs: number): void {
    const ip = this.#ip;
    const tcp = this.#tcp;
    const end = at + lengthBytes;
    if (!ip.moveTo(at, end, wireBytes) || ip.protocol !== PROTOCOL_TCP || ip.isFragment || !tcp.moveTo(ip.payloadAt, end)) {
      this.#malformed++;
      return;
    }
    const route = this.#routes.find(ip, tcp.sourcePort);
    if (route === null) {
      this.#unrouted++;
      return;
    }
    const { relays, adapter } = route;
    if (adapter !== null) {
      const payloadBytes = ip.at + ip.totalBytes - tcp.payloadAt;
      this.#route = route;
      this.#readers.onAnswer(ip, tcp, tcp.payloadAt, Math.min(payloadBytes, end - tcp.payloadAt), payloadBytes, adapter, capturedAtUs, performance.now());
    }
    const port = tcp.destinationPort;
    let isWanted = false;
    for (let index = 0; index < relays.length; index++) {
      const relay = relays[index]!;
      if (!relay.wants(port)) continue;
      isWanted = true;
      relay.add(ip.view, at, tcp.payloadAt - at, ip.totalBytes, capturedAtUs);
    }
    if (!isWanted) this.#unrouted++; // the packet path that it is for is being started again
  }

  /** While the host forwards, online agents are refused, and so send nothing new to the target. */
  #watchForwarding(): void {
    if (this.#open.allowsForwarding) return;
    const why = whyForwarding();
    const refusal = why === null ? null : `${why.text}; on the assistant, ${why.remedy}`;
    if (refusal === this.#server.refusal) return;
    this.#server.refuseAll(refusal);
    const text = refusal ?? 'this host no longer forwards packets: online agents are welcome again';
    this.#port.send({ type: 'event', atMs: Date.now(), level: refusal === null ? 'info' : 'error', mappingId: null, text });
  }

  #sample(): void {
    this.#clock.look();
    if (++this.#samples % SWEEP_EVERY_SAMPLES === 0) this.#readers.sweep(performance.now());
    const { captured, dropped } = this.#io.capture.counters();
    const { relayed, dropped: relayDropped } = this.#server.counts();
    const now: Packets = { captured, captureDropped: dropped, malformed: this.#malformed, unrouted: this.#unrouted, relayed, relayDropped };
    const packets = grown(now, this.#last);
    this.#last = now;
    this.#port.send({ type: 'assistant-sample', atMs: Date.now(), packets });
  }

  #warn(text: string): void {
    this.#port.send({ type: 'event', atMs: Date.now(), level: 'warning', mappingId: null, text });
  }

  stop(): void {
    this.#server.close();
    this.#io.close();
  }
}

let path: AssistantPath | null = null;
servePacketPath(
  (message, port) => {
    if (message.type === 'open-assistant') {
      path = new AssistantPath(message, port);
      path.listen().catch((error: Error) => process.send?.({ type: 'cannot-work', reason: error.message }, undefined, {}, () => process.exit(1)));
    } else if (message.type === 'configure') path?.configure(message);
  },
  async () => path?.stop(),
);
