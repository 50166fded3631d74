// Several packet paths that share an agent's connections, as its parent sees them: one. Each is started again alone when it dies; the others go on.
import { PacketPath, type PacketPathOptions, type Path } from '@parallax/agent-kit';
import type {
  ComparisonSecond,
  Configure,
  Forecast,
  FromPacketPath,
  MappingSample,
  OnlineSample,
  OpenOnline,
  PacketIo,
  PathState,
  RunState,
  Sessions,
  WatchSessions,
} from '@parallax/protocol';
import type { SheddingNow } from '../online-sampler.ts';
import { ComparisonSum } from './comparison-sum.ts';
import { addMappingSamples, addOnlineSamples } from './counts.ts';
import { Gathering } from './gathering.ts';
import { addPathStates, addSessions, type PathWord, watchOfPath } from './states.ts';

export interface WorkerPathsOptions extends Omit<PacketPathOptions, 'open'> {
  /** One for each path. */
  opens: readonly OpenOnline[];
}

interface Worker {
  readonly path: PacketPath;
  /** What it said last of what runs; null while it does not. */
  said: PathState | null;
  /** What it told last of each mapping, since it runs. */
  readonly latest: Map<string, MappingSample>;
  readonly forecasts: Map<string, Forecast | null>;
  /** What it said last of leaving sessions out. */
  shedding: SheddingNow;
}

const noShedding: SheddingNow = { reason: null, forMs: null };

/** What is gathered of one mapping. */
interface MappingGathering {
  readonly samples: Gathering<MappingSample>;
  readonly seconds: Gathering<ComparisonSecond>;
  readonly sessions: Gathering<{ number: number; sessions: Sessions }>;
}

export class WorkerPaths implements Path {
  readonly #options: WorkerPathsOptions;
  readonly #workers: Worker[];
  readonly #mappings = new Map<string, MappingGathering>();
  readonly #hosts = new Gathering<OnlineSample>(
    () => this.#living(),
    (told) =>
      this.#tell(
        addOnlineSamples(
          told,
          this.#workers.map(({ shedding }) => shedding),
        ),
      ),
  );
  #hasOpened = false;
  #cannotWork = false;

  constructor(options: WorkerPathsOptions) {
    this.#options = options;
    this.#workers = options.opens.map((open, index) => ({
      path: new PacketPath({
        module: options.module,
        open,
        onMessage: (message) => this.#onMessage(index, message),
        onChange: () => this.#onChange(index),
        onCannotWork: (reason) => this.#onCannotWork(reason),
      }),
      said: null,
      latest: new Map(),
      forecasts: new Map(),
      shedding: noShedding,
    }));
  }

  get state(): RunState {
    const states = this.#workers.map(({ path }) => path.state);
    for (const all of ['running', 'failed', 'stopped'] as const) if (states.every((each) => each === all)) return all;
    return states.includes('failed') ? 'degraded' : 'starting';
  }
  get reason(): string {
    const running = this.#workers.filter(({ path }) => path.state === 'running').length;
    const other = this.#workers.findIndex(({ path }) => path.state !== 'running');
    if (other < 0) return `${running} packet paths run`;
    return `${running} of ${this.#workers.length} packet paths run; number ${other + 1}: ${this.#workers[other]!.path.reason}`;
  }
  get pids(): readonly number[] {
    return this.#workers.flatMap(({ path }) => path.pids);
  }
  get restarts(): number {
    return this.#workers.reduce((sum, { path }) => sum + path.restarts, 0);
  }
  get io(): PacketIo {
    const { io } = this.#workers[0]!.path;
    return { ...io, why: `${io.why}; ${this.#workers.length} packet paths share the connections` };
  }

  configure(configure: Configure): void {
    const wanted = new Set(configure.mappings.map(({ id }) => id));
    for (const { said } of this.#workers) if (said !== null) said.mappings = said.mappings.filter(({ id }) => wanted.has(id));
    for (const { path } of this.#workers) path.configure(configure);
  }

  watch(watch: WatchSessions): void {
    for (const [index, { path }] of this.#workers.entries()) path.watch(watchOfPath(watch, index + 1));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map(({ path }) => path.stop()));
    for (const each of this.#gatherings()) each.end();
  }

  #living(): number[] {
    return this.#workers.flatMap(({ path }, index) => (path.state === 'running' ? [index] : []));
  }

  #tell(message: FromPacketPath): void {
    this.#options.onMessage(message);
  }

  #onCannotWork(reason: string): void {
    if (this.#cannotWork) return;
    this.#cannotWork = true;
    this.#options.onCannotWork(reason);
  }

  #onChange(index: number): void {
    const worker = this.#workers[index];
    if (worker === undefined) return; // it is being made
    const { path } = worker;
    if (path.state === 'failed') {
      worker.said = null;
      worker.latest.clear();
      worker.forecasts.clear();
      worker.shedding = noShedding;
      if (this.state !== 'failed')
        this.#note('error', `packet path ${index + 1} of ${this.#workers.length}: ${path.reason}; the connections of the others go on`);
      for (const each of this.#gatherings()) each.check();
      this.#tellState();
    } else if (path.state === 'running' && path.restarts > 0) this.#note('info', `packet path ${index + 1} of ${this.#workers.length} runs again`);
    this.#options.onChange();
  }

  #note(level: 'info' | 'error', text: string): void {
    this.#tell({ type: 'event', atMs: Date.now(), level, mappingId: null, text });
  }

  #onMessage(index: number, message: FromPacketPath): void {
    const worker = this.#workers[index]!;
    switch (message.type) {
      case 'opened':
        if (this.#hasOpened || this.state !== 'running') return;
        this.#hasOpened = true;
        return this.#tell({ type: 'opened', ...this.io });
      case 'path-state':
        worker.said = message;
        return this.#tellState();
      case 'sample':
        worker.latest.set(message.mappingId, message);
        if (message.forecast !== undefined) worker.forecasts.set(message.mappingId, message.forecast);
        return this.#gatheringOf(message.mappingId).samples.add(index, message, message.atMs);
      case 'comparison':
        return this.#gatheringOf(message.mappingId).seconds.add(index, message, message.secondMs + 1000);
      case 'sessions':
        return this.#gatheringOf(message.mappingId).sessions.add(index, { number: index + 1, sessions: message }, message.atMs);
      case 'online-sample':
        worker.shedding = message.shedding ?? noShedding;
        return this.#hosts.add(index, message, message.atMs);
      case 'event':
        return this.#tell({ ...message, text: `packet path ${index + 1} of ${this.#workers.length}: ${message.text}` });
      default:
        this.#tell(message);
    }
  }

  #gatheringOf(mappingId: string): MappingGathering {
    const known = this.#mappings.get(mappingId);
    if (known !== undefined) return known;
    const living = () => this.#living();
    const comparison = new ComparisonSum();
    const made: MappingGathering = {
      samples: new Gathering(living, (told) => this.#tell(this.#sampleOf(mappingId, told))),
      seconds: new Gathering(living, (told, second) => this.#tell(comparison.add(told, (second - 1) * 1000))),
      sessions: new Gathering(living, (told) => this.#tell(addSessions(told))),
    };
    this.#mappings.set(mappingId, made);
    return made;
  }

  #sampleOf(mappingId: string, told: readonly MappingSample[]): MappingSample {
    const latest = this.#workers.map((worker) => worker.latest.get(mappingId)).filter((each) => each !== undefined);
    const isForetold = told.some(({ forecast }) => forecast !== undefined);
    const forecasts = isForetold ? this.#workers.map((worker) => worker.forecasts.get(mappingId) ?? null) : null;
    return addMappingSamples(told, latest, forecasts);
  }

  *#gatherings(): IterableIterator<{ check(): void; end(): void }> {
    yield this.#hosts;
    for (const { samples, seconds, sessions } of this.#mappings.values()) yield* [samples, seconds, sessions];
  }

  #tellState(): void {
    if (!this.#hasOpened) return;
    const words = this.#workers.map(({ path: { state, reason }, said }, index): PathWord => ({ number: index + 1, state, reason, said }));
    this.#tell(addPathStates(words));
  }
}
