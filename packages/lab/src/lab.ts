// Four hosts on one machine: network namespaces on a bridge, for integration tests, demonstrations and benchmarks.
import { type ChildProcess, type SpawnOptions, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { requireOpenFiles } from './file-limit.ts';
import {
  DEFAULT_PREFIX,
  Direction,
  HOSTS,
  type Host,
  LabError,
  namespaceOf,
  namespacePath,
  OnOff,
  PLACES,
  type Place,
  Prefix,
  parseHost,
  runtimeDirOf,
} from './names.ts';
import { cableScript, hasIpv6, hostScript, lossScript, offloadArgs, portOffloadScript, portScript, routeScript, switchScript } from './network.ts';
import { abandonedLabs, claim } from './owner.ts';
import { endProcesses, endProcessesSync, type Remains } from './processes.ts';
import { type LabStatus, readStatus } from './status.ts';
import { type Completed, must, type RunOptions, requireRoot, requireTool, run, systemEnv } from './tools.ts';

export type UpOptions = {
  /** What the namespaces begin with; several labs live side by side under different prefixes. Default: LAB_PREFIX, else "parallax". */
  prefix?: string;
  /** Network card offloads. "off" (default) makes captured segments look as on a wire; "on" gives packets up to 64 KB with unfinished checksums. */
  offload?: OnOff;
  /** Remove the lab when this process ends, also by SIGINT or SIGTERM; after SIGKILL the next lab with this option removes it. Default false. */
  removeOnExit?: boolean;
};
export type LabSpawnOptions = { stdio?: StdioOptions; env?: Record<string, string | undefined>; cwd?: string };

/** The prefix in force: the option, else LAB_PREFIX, else "parallax". Throws on one that cannot name a namespace. */
export function resolvePrefix(prefix: string | undefined, env: Record<string, string | undefined> = process.env): string {
  const parsed = Prefix.safeParse(prefix ?? (env.LAB_PREFIX || DEFAULT_PREFIX));
  if (!parsed.success) throw new LabError(`"${prefix ?? env.LAB_PREFIX}": ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

/** One lab that exists. `Lab.up` makes or repairs one, `Lab.attach` finds one another process made. */
export class Lab {
  readonly prefix: string;
  /** Sockets and data of the lab's services; exists as long as the lab. */
  readonly dir: string;
  readonly #children = new Set<ChildProcess>();
  static readonly #ofThisProcess = new Set<Lab>();
  #stopWatching: () => void = () => {};

  private constructor(prefix: string) {
    this.prefix = prefix;
    this.dir = runtimeDirOf(prefix);
  }

  /** Build the lab, or repair what is missing of it. Takes about half a second; needs root, `ip` and `ethtool`. */
  static async up(options: UpOptions = {}): Promise<Lab> {
    const lab = new Lab(resolvePrefix(options.prefix));
    Lab.#ofThisProcess.add(lab);
    requireRoot();
    for (const tool of ['ip', 'ethtool']) requireTool(tool);
    requireOpenFiles();
    mkdirSync(lab.dir, { recursive: true, mode: 0o700 });
    if (options.removeOnExit) {
      for (const prefix of abandonedLabs()) await Lab.down({ prefix });
      mkdirSync(lab.dir, { recursive: true, mode: 0o700 }); // it may have been one of them
      claim(lab.prefix);
      lab.#removeOnExit();
    }
    await lab.#addNamespaces();
    await lab.#script('switch', switchScript());
    await Promise.all(HOSTS.map((host) => lab.#buildHost(host)));
    await lab.offload(options.offload ?? 'off');
    await lab.route('on');
    return lab;
  }

  /** The lab of that prefix, made earlier or by another process. Throws if it is not up. */
  static attach(options: { prefix?: string } = {}): Lab {
    const lab = new Lab(resolvePrefix(options.prefix));
    requireRoot();
    requireTool('ip');
    const missing = PLACES.find((place) => !lab.#isUp(place));
    if (missing !== undefined) {
      const how = lab.prefix === DEFAULT_PREFIX ? 'parallax lab up' : `parallax lab up --prefix ${lab.prefix}`;
      throw new LabError(`the lab "${lab.prefix}" is not up (no namespace ${namespaceOf(lab.prefix, missing)}); start it with: ${how}`);
    }
    return lab;
  }

  /** Remove a lab and what runs in it, whoever made it. No error if there is none. */
  static async down(options: { prefix?: string } = {}): Promise<void> {
    const lab = new Lab(resolvePrefix(options.prefix));
    requireRoot();
    requireTool('ip');
    await lab.down();
  }

  /** Those that this process has made and not taken down. */
  static get ofThisProcess(): readonly Lab[] {
    return [...Lab.#ofThisProcess];
  }

  /** The network namespace of one host, for programs that enter it themselves. */
  namespace(place: Place): string {
    return namespaceOf(this.prefix, place);
  }

  /** End what runs in the lab (SIGTERM, SIGKILL after 3 s), delete its namespaces and files. Idempotent. */
  async down(): Promise<void> {
    Lab.#ofThisProcess.delete(this);
    this.#stopWatching();
    await endProcesses(this.#remains());
    await Promise.all(
      PLACES.filter((place) => this.#isUp(place)).map(async (place) => {
        const { stderr } = await run(['ip', 'netns', 'del', this.namespace(place)]);
        if (this.#isUp(place)) throw new LabError(`cannot delete the namespace ${this.namespace(place)}: ${stderr.trim()}`); // else somebody else was faster
      }),
    );
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** `down` for the last moments of a process, when no promise will be heard. */
  downSync(): void {
    Lab.#ofThisProcess.delete(this);
    this.#stopWatching();
    endProcessesSync(this.#remains());
    for (const place of PLACES) if (this.#isUp(place)) spawnSync('ip', ['netns', 'del', this.namespace(place)], { env: systemEnv() });
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Run a program on a host to its end. A non-zero code is an answer; rejects if it exceeds `timeoutMs` (default 30 s). */
  async exec(host: Place, argv: readonly string[], options: RunOptions = {}): Promise<Completed> {
    return run(this.argv(host, argv), { label: `${argv.join(' ')} (on ${host})`, ...options });
  }

  /** Like `exec` for a program that must succeed; resolves to its standard output. */
  async mustExec(host: Place, argv: readonly string[], options: RunOptions = {}): Promise<string> {
    return must(this.argv(host, argv), { label: `${argv.join(' ')} (on ${host})`, ...options });
  }

  /** Start a program on a host. Its pid is its own; it ends at the latest in `down`. Default stdio: ignored input, piped output. */
  spawn(host: Place, argv: readonly string[], options: LabSpawnOptions = {}): ChildProcess {
    const [file, ...args] = this.argv(host, argv);
    const spawnOptions: SpawnOptions = { stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'], env: { ...systemEnv(), ...options.env } };
    if (options.cwd !== undefined) spawnOptions.cwd = options.cwd;
    return this.own(spawn(file as string, args, spawnOptions));
  }

  /** Count a program that was started beside the lab among its children: it ends at the latest with them. */
  own(child: ChildProcess): ChildProcess {
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** End these children (SIGTERM, SIGKILL after 3 s). */
  async end(children: readonly ChildProcess[]): Promise<void> {
    const gone = children.map((child) => this.#children.has(child) && new Promise((resolve) => child.once('exit', resolve)));
    await endProcesses({ names: [], pids: children.flatMap((child) => child.pid ?? []) });
    await Promise.all(gone);
  }

  /** The words that run `argv` on a host: `ip netns exec` replaces itself by the program, so the pid stays. */
  argv(host: Place, argv: readonly string[]): string[] {
    if (host !== 'switch') parseHost(host);
    if (argv.length === 0) throw new LabError(`nothing to run on ${host}; name a program`);
    return ['ip', 'netns', 'exec', this.namespace(host), ...argv];
  }

  /** Programs this object started and that still run. */
  get children(): readonly ChildProcess[] {
    return [...this.#children];
  }

  /** Offloads (checksum, scatter-gather, TSO, GSO, GRO) of every interface and switch port. */
  async offload(value: OnOff): Promise<void> {
    const wanted = OnOff.parse(value);
    requireTool('ethtool');
    await Promise.all([...HOSTS.map((host) => this.#script(host, offloadArgs('eth0', wanted).join(' '))), this.#script('switch', portOffloadScript(wanted))]);
  }

  /** Drop this share (0 to 100 %) of the packets that reach or leave the target; 0 ends it. Default direction: in. */
  async loss(lossPercent: number, direction: Direction = 'in'): Promise<void> {
    if (!(lossPercent >= 0 && lossPercent <= 100)) throw new LabError(`a loss of ${lossPercent} % makes no sense; give 0 to 100`);
    requireTool('nft');
    await this.#script('switch', lossScript(lossPercent, Direction.parse(direction)));
  }

  /** The target's route of client addresses: through the assistant (on), or directly to the client (off). */
  async route(value: OnOff): Promise<void> {
    await this.#script('target', routeScript(OnOff.parse(value), hasIpv6()));
  }

  /** Plug or unplug a host's cable, on the switch's side. */
  async link(host: Host, state: 'up' | 'down'): Promise<void> {
    await this.#script('switch', portScript(parseHost(host), state));
  }

  /** The MTU of every interface and port, in bytes (1280 to 9000: IPv6 needs the first, jumbo frames end at the second). */
  async mtu(mtuBytes: number): Promise<void> {
    if (!Number.isInteger(mtuBytes) || mtuBytes < 1280 || mtuBytes > 9_000) throw new LabError(`an MTU of ${mtuBytes} bytes cannot be set; give 1280 to 9000`);
    await this.#script('switch', HOSTS.map((host) => `ip link set p-${host} mtu ${mtuBytes}`).join('\n'));
    await Promise.all(HOSTS.map((host) => this.#script(host, `ip link set eth0 mtu ${mtuBytes}`)));
  }

  /** What is there now: namespaces, addresses, routes, offloads, loss and processes. Also answers for a lab that is not up. */
  async status(): Promise<LabStatus> {
    return readStatus(this.prefix);
  }

  #remains(): Remains {
    return { names: PLACES.map((place) => this.namespace(place)), pids: this.children.flatMap((child) => child.pid ?? []) };
  }

  #isUp(place: Place): boolean {
    return existsSync(namespacePath(this.namespace(place)));
  }

  async #addNamespaces(): Promise<void> {
    // One after the other: the first one prepares /run/netns, and two would race for it.
    for (const place of PLACES) if (!this.#isUp(place)) await must(['ip', 'netns', 'add', this.namespace(place)]);
  }

  async #buildHost(host: Host): Promise<void> {
    const { code } = await run(this.argv(host, ['ip', 'link', 'show', 'eth0']));
    if (code !== 0) await this.#script('switch', cableScript(this.prefix, host));
    await this.#script('switch', portScript(host, 'up'));
    await this.#script(host, hostScript(host, hasIpv6()));
  }

  /** One shell per namespace; stops at the first line that fails. */
  async #script(place: Place, script: string): Promise<void> {
    if (!this.#isUp(place)) throw new LabError(`the lab "${this.prefix}" is not up (no namespace ${this.namespace(place)}); start it with: parallax lab up`);
    await must(this.argv(place, ['sh', '-eu']), { input: script, label: `set up ${this.namespace(place)}` });
  }

  #removeOnExit(): void {
    const onExit = () => this.downSync();
    const onSignal = (signal: NodeJS.Signals) => {
      this.downSync(); // also takes these listeners away
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal); // nobody else decides: end as if unhandled
    };
    process.on('exit', onExit).on('SIGINT', onSignal).on('SIGTERM', onSignal);
    this.#stopWatching = () => {
      process.off('exit', onExit).off('SIGINT', onSignal).off('SIGTERM', onSignal);
      this.#stopWatching = () => {};
    };
  }
}
