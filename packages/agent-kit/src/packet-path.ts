// The packet path as its parent sees it: a child process that is started, told what to do, watched, and started again when it dies.
import { type ChildProcess, fork } from 'node:child_process';
import { type Configure, FromPacketPath, type PacketIo, type RunState, type ToPacketPath, type WatchSessions } from '@parallax/protocol';

const RESTART_FIRST_MS = 250;
const RESTART_MOST_MS = 10_000;
/** A path that lived so long was well: the next restart is quick again. */
const WELL_AFTER_MS = 60_000;
/** Copies are reset and late challenge ACKs served within this, then the child is killed. */
const STOP_WITHIN_MS = 5000;
/**
 * A small young generation, MiB; one thread for what V8 does aside, where it would have four, each with memory of its own; and room in its queue for all that
 * becomes hot at once in the beginning, where V8 forgets what is beyond 8 functions.
 */
const V8_OPTIONS = ['--max-semi-space-size=2', '--v8-pool-size=1', '--concurrent-recompilation-queue-length=64'];

export interface PathListener {
  onMessage(message: FromPacketPath): void;
  /** The child is there (with its pid), or gone for a reason. */
  onChange(): void;
}

/** What an agent's parent process needs of its packet path, be it one process or several. */
export interface Path {
  readonly state: RunState;
  readonly reason: string;
  /** Those that run now. */
  readonly pids: readonly number[];
  readonly restarts: number;
  readonly io: PacketIo;
  /** Tell the path what should run; told again after every restart. */
  configure(configure: Configure): void;
  watch(watch: WatchSessions): void;
  /** Reset every copy and end. */
  stop(): Promise<void>;
}

export interface PacketPathOptions extends PathListener {
  /** Module that the child runs. */
  module: string;
  open: ToPacketPath;
  /** The very first child could not work at all: nothing is restarted. */
  onCannotWork(reason: string): void;
}

export class PacketPath implements Path {
  readonly #options: PacketPathOptions;
  #child: ChildProcess | null = null;
  #configure: Configure | null = null;
  readonly #watches = new Map<string, WatchSessions>();
  #restartMs = RESTART_FIRST_MS;
  #restartTimer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #hasOpened = false;
  #cannotWork: string | null = null;
  restarts = 0;
  state: 'starting' | 'running' | 'failed' | 'stopped' = 'starting';
  reason = 'starting';
  io: PacketIo = { backend: '', why: '' };

  constructor(options: PacketPathOptions) {
    this.#options = options;
    this.#start();
  }

  get pids(): readonly number[] {
    return this.#child?.pid === undefined ? [] : [this.#child.pid];
  }

  configure(configure: Configure): void {
    this.#configure = configure;
    this.#send(configure);
  }

  watch(watch: WatchSessions): void {
    if (watch.on) this.#watches.set(watch.mappingId, watch);
    else this.#watches.delete(watch.mappingId);
    if (this.#hasOpened) this.#send(watch);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#send({ type: 'stop' });
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(killer);
    this.state = 'stopped';
    this.reason = 'stopped';
  }

  #send(message: ToPacketPath): void {
    if (this.#child?.connected === true) this.#child.send(message, () => {}); // a path that just died is started again and told again
  }

  #start(): void {
    const { module, open, onChange } = this.#options;
    this.#hasOpened = false;
    this.#cannotWork = null;
    const startedAtMs = performance.now();
    const child = fork(module, [], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'json',
      execArgv: [...V8_OPTIONS, ...process.execArgv],
    });
    this.#child = child;
    child.on('message', (message) => this.#onMessage(FromPacketPath.parse(message)));
    child.once('exit', (code, signal) => this.#onExit(code, signal, performance.now() - startedAtMs));
    child.once('error', () => {}); // 'exit' tells
    this.#send(open);
    if (this.#configure !== null) this.#send(this.#configure); // right behind it: an assistant that opens is asked for its keys at once
    queueMicrotask(onChange);
  }

  #onMessage(message: FromPacketPath): void {
    if (message.type === 'cannot-work') {
      this.#cannotWork = message.reason;
      return;
    }
    if (message.type === 'opened') {
      this.#hasOpened = true;
      this.state = 'running';
      this.reason = 'running';
      const { type: _, ...io } = message;
      this.io = io;
      for (const watch of this.#watches.values()) this.#send(watch);
      this.#options.onChange();
    }
    this.#options.onMessage(message);
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null, livedMs: number): void {
    this.#child = null;
    if (this.#isStopping) return;
    this.state = 'failed';
    this.reason = this.#cannotWork ?? `the packet path ended by ${signal ?? `exit code ${code}`}`;
    if (this.#cannotWork !== null && this.restarts === 0) {
      this.#options.onChange();
      return this.#options.onCannotWork(this.#cannotWork);
    }
    if (livedMs > WELL_AFTER_MS) this.#restartMs = RESTART_FIRST_MS;
    this.reason += `; starting it again in ${this.#restartMs} ms`;
    this.restarts++;
    this.#restartTimer = setTimeout(() => this.#start(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MOST_MS);
    this.#options.onChange();
  }
}
