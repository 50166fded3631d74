// An online agent without a console: what the command line said runs until a signal.
import { fail, type Logger, type Path, type PathListener, sayReady } from '@parallax/agent-kit';
import type { FromPacketPath, OnlineMapping, OnlineSample, PathState } from '@parallax/protocol';
import { latencyLines } from './latency-lines.ts';

/** The assistant may be started a moment later than this agent. */
const READY_WITHIN_MS = 10_000;

export interface StandAloneOptions {
  startPath(listener: PathListener): Path;
  mappings: OnlineMapping[];
  log: Logger;
  printsStats: boolean;
  printsLatency: boolean;
}

export class StandAlone {
  readonly #options: StandAloneOptions;
  readonly #path: Path;
  readonly #deadline: NodeJS.Timeout;
  #isReady = false;
  #reason = 'the packet path did not start';
  #told = '';
  /** What the packet path said last of the whole agent. */
  #agent: Omit<OnlineSample, 'type' | 'atMs'> | null = null;

  constructor(options: StandAloneOptions) {
    this.#options = options;
    this.#path = options.startPath({ onMessage: (message) => this.#onMessage(message), onChange: () => this.#onChange() });
    this.#path.configure({ type: 'configure', mappings: options.mappings, relays: [] });
    this.#deadline = setTimeout(() => this.#giveUp(this.#reason), READY_WITHIN_MS);
  }

  stop(): Promise<void> {
    clearTimeout(this.#deadline);
    return this.#path.stop();
  }

  #giveUp(reason: string): void {
    this.#path.stop().finally(() => fail('online', reason));
  }

  #onChange(): void {
    if (this.#path.state === 'failed') this.#options.log.error({ restarts: this.#path.restarts }, this.#path.reason);
  }

  #onMessage(message: FromPacketPath): void {
    if (message.type === 'opened') this.#options.log.info({ backend: message.backend }, message.why);
    else if (message.type === 'event') this.#options.log[message.level === 'warning' ? 'warn' : message.level](message.text);
    else if (message.type === 'path-state') this.#onPathState(message);
    else if (message.type === 'online-sample') {
      const { type: _, atMs: __, ...agent } = message;
      this.#agent = agent;
    } else if (message.type === 'sample' && this.#options.printsStats) {
      const { latency: _, type: __, ...counts } = message;
      process.stdout.write(`${JSON.stringify({ ...counts, agent: this.#agent })}\n`);
    } else if (message.type === 'comparison' && this.#options.printsLatency) for (const line of latencyLines(message)) process.stdout.write(`${line}\n`);
  }

  #onPathState({ mappings }: PathState): void {
    const failed = mappings.filter(({ state }) => state === 'failed');
    if (failed.length > 0 && (!this.#isReady || failed.length === mappings.length)) return this.#giveUp(`mapping ${failed[0]!.id}: ${failed[0]!.reason}`);
    const waiting = mappings.filter(({ state }) => state !== 'running');
    const text = mappings.map(({ id, reason }) => `${id}: ${reason}`).join('; ');
    if (text !== this.#told) this.#options.log[waiting.length === 0 ? 'info' : 'warn'](text);
    this.#told = text;
    if (this.#isReady) return;
    if (waiting.length > 0) {
      this.#reason = waiting[0]!.reason;
      if (/same key|refused|relay version/.test(this.#reason)) this.#giveUp(this.#reason); // waiting will not mend it
      return;
    }
    if (mappings.length === 0) return;
    this.#isReady = true;
    clearTimeout(this.#deadline);
    sayReady();
  }
}
