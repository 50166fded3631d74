// An agent run from the console: what it is told becomes the packet path's configuration, what the path reports goes back.
import type { AgentRole, AgentState, AskLoad, Configure, Desired, Endpoint, FromPacketPath, PathState } from '@parallax/protocol';
import { ComparisonBacklog } from './comparison-backlog.ts';
import { ConsoleLink } from './console-link.ts';
import { hostFacts } from './host-facts.ts';
import { hostLoad } from './host-load.ts';
import type { Logger } from './log.ts';
import type { Path, PathListener } from './packet-path.ts';
import { VERSION } from './version.ts';

export interface ManagedAgentOptions {
  role: AgentRole;
  consoleUrl: string;
  token: string;
  startPath(listener: PathListener): Path;
  /** Where an assistant listens for relays. */
  relay: Endpoint | null;
  log: Logger;
  /** The console has welcomed the agent for the first time and its devices are open. */
  onReady(): void;
}

export class ManagedAgent {
  readonly #options: ManagedAgentOptions;
  /** There once the devices are open: hello tells which they are. */
  #link: ConsoleLink | null = null;
  readonly #path: Path;
  readonly #backlog = new ComparisonBacklog();
  #revision = 0;
  #reported: PathState = { type: 'path-state', mappings: [], relays: [], shedding: null };
  #isReady = false;
  #hasLeaseEnded = false;

  constructor(options: ManagedAgentOptions) {
    this.#options = options;
    this.#path = options.startPath({ onMessage: (message) => this.#onPath(message), onChange: () => this.#onPathChange() });
  }

  #dial(): ConsoleLink {
    const { role, consoleUrl, token, relay } = this.#options;
    return new ConsoleLink({
      url: consoleUrl,
      token,
      hello: () => ({ agentVersion: VERSION, role, facts: hostFacts(), io: this.#path.io, relay }),
      onDesired: (desired) => this.#onDesired(desired),
      onWatch: (watch) => this.#path.watch(watch),
      onAskLoad: (ask) => this.#onAskLoad(ask),
      onStored: (stored) => this.#backlog.drop(stored),
      onState: (isConnected, reason) => this.#onLink(isConnected, reason),
      onLeaseEnd: (leaseMs) => this.#onLeaseEnd(leaseMs),
    });
  }

  async stop(): Promise<void> {
    await this.#path.stop();
    this.#tellState();
    this.#link?.close();
  }

  #onDesired({ revision, mappings, relays }: Desired): void {
    this.#revision = revision;
    this.#hasLeaseEnded = false;
    this.#options.log.info({ revision, mappings: mappings.map(({ name }) => name) }, 'the console told what should run');
    this.#configure({ type: 'configure', mappings, relays });
    if (mappings.length === 0) this.#tellState(); // nothing changes in the path, but the console waits for the revision
  }

  #onAskLoad({ type: _, id, ...query }: AskLoad): void {
    hostLoad(query)
      .then((load) => ({ load, error: null }))
      .catch((error: Error) => ({ load: null, error: error.message }))
      .then((answer) => this.#link?.send({ type: 'load', id, ...answer }));
  }

  #configure(configure: Configure): void {
    this.#path.configure(configure);
  }

  #onLink(isConnected: boolean, reason: string): void {
    this.#options.log[isConnected ? 'info' : 'warn'](reason);
    if (isConnected) {
      this.#tellState();
      for (const second of this.#backlog.take()) this.#link?.send(second);
    }
    this.#checkReady();
  }

  #onLeaseEnd(leaseMs: number): void {
    if (this.#hasLeaseEnded || this.#options.role !== 'online') return; // an assistant sends nothing that would have to stop
    this.#hasLeaseEnded = true;
    this.#options.log.warn(`the console has been silent for ${leaseMs / 1000} s, its lease is over: every mapping stops`);
    this.#configure({ type: 'configure', mappings: [], relays: [] });
  }

  #onPath(message: FromPacketPath): void {
    switch (message.type) {
      case 'opened':
        this.#link ??= this.#dial();
        return;
      case 'path-state':
        this.#reported = message;
        this.#tellState();
        return;
      case 'event':
        this.#options.log[message.level === 'info' ? 'info' : message.level === 'warning' ? 'warn' : 'error'](message.text);
        this.#link?.send(message);
        return;
      case 'comparison':
        this.#backlog.keep(message);
        if (this.#link?.isConnected === true) this.#link.send(message);
        return;
      case 'sample':
      case 'online-sample':
      case 'assistant-sample':
      case 'sessions':
        this.#link?.send(message);
    }
  }

  #onPathChange(): void {
    const { state, reason } = this.#path;
    if (state === 'failed') {
      this.#options.log.error(reason);
      const mappings = this.#reported.mappings.map(({ id }) => ({ id, state: 'failed' as const, reason }));
      this.#reported = { type: 'path-state', mappings, relays: [], shedding: null };
      this.#link?.send({ type: 'event', atMs: Date.now(), level: 'error', mappingId: null, text: reason });
    }
    this.#tellState();
    this.#checkReady();
  }

  #checkReady(): void {
    if (this.#isReady || this.#link?.isConnected !== true || this.#path.state !== 'running') return;
    this.#isReady = true;
    this.#options.onReady();
  }

  #tellState(): void {
    const { pids, restarts } = this.#path;
    const { shedding } = this.#reported;
    const { state, reason } = this.#path.state === 'running' && shedding !== null ? { state: 'degraded' as const, reason: shedding } : this.#path;
    const message: AgentState = {
      type: 'state',
      revision: this.#revision,
      packetPath: { state, reason, pid: pids[0] ?? null, pids: [...pids], restarts },
      mappings: this.#reported.mappings,
      relays: this.#reported.relays,
    };
    this.#link?.send(message);
  }
}
