// Two hosts in network namespaces of their own, joined by a veth pair, with a puppet in each.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Commands } from './puppet.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const puppetFile = fileURLToPath(new URL('./puppet.ts', import.meta.url));

export class Puppet {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #id = 0;
  #errors = '';

  /** Start in the namespace, with all of root's capabilities or only those named, as `net_raw`. */
  constructor(namespace: string, capabilities: 'all' | readonly string[] = 'all') {
    const node = [process.execPath, '--expose-gc', '--import', 'tsx', puppetFile, 'puppet'];
    const limits = capabilities === 'all' ? [] : ['setpriv', `--bounding-set=${['-all', ...capabilities.map((name) => `+${name}`)].join(',')}`];
    this.#child = spawn('ip', ['netns', 'exec', namespace, ...limits, ...node], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr!.on('data', (data) => {
      this.#errors += data;
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const { id, result, error } = JSON.parse(line);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result as never);
      else waiting?.reject(new Error(error));
    });
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`puppet ended with ${code ?? signal}: ${this.#errors}`));
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  do<C extends keyof Commands>(command: C, argument?: Parameters<Commands[C]>[0]): Promise<Awaited<ReturnType<Commands[C]>>> {
    const id = this.#id++;
    return new Promise((resolve, reject) => {
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) return reject(new Error(`puppet has ended with ${exitCode ?? signalCode}: ${this.#errors}`));
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin!.write(`${JSON.stringify({ id, command, argument })}\n`);
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin!.end();
    setTimeout(() => this.#child.kill('SIGKILL'), 2_000).unref();
    await ended;
  }
}

export const NEAR = { ipv4: '10.77.0.1', ipv6: 'fd77::1', linkLocal: 'fe80::1', interfaceName: 'near' } as const;
export const FAR = { ipv4: '10.77.0.2', ipv6: 'fd77::2', linkLocal: 'fe80::2', interfaceName: 'far' } as const;

/** Namespaces carry the pid of who made them. */
const PREFIX = 'plxdev-';

/** Both hosts. `near` runs the device under test; `far` is the rest of the world. */
export class Stage {
  readonly near: string;
  readonly far: string;

  constructor(name: string) {
    this.near = `${PREFIX}${process.pid}-${name}-n`;
    this.far = `${PREFIX}${process.pid}-${name}-f`;
    removeAbandoned();
    process.once('exit', this.#onExit);
    try {
      this.#ip(`netns add ${this.near}`);
      this.#ip(`netns add ${this.far}`);
      this.#ip(`-n ${this.near} link add near type veth peer name far netns ${this.far}`);
      for (const [namespace, side] of [[this.near, NEAR] as const, [this.far, FAR] as const]) {
        this.#ip(`-n ${namespace} link set lo up`);
        this.#ip(`-n ${namespace} addr add ${side.ipv4}/24 dev ${side.interfaceName}`);
        this.#ip(`-n ${namespace} addr add ${side.ipv6}/64 dev ${side.interfaceName} nodad`);
        // A link-local address of our own, at once: neighbours cannot be asked for without one.
        this.#ip(`-n ${namespace} link set ${side.interfaceName} addrgenmode none`);
        this.#ip(`-n ${namespace} addr add ${side.linkLocal}/64 dev ${side.interfaceName} nodad`);
        this.#ip(`-n ${namespace} link set ${side.interfaceName} up`);
      }
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Segmentation and checksums by the interfaces (`on`: super-segments, unfinished checksums) or by the stack (`off`: as on a wire). */
  offloads(state: 'on' | 'off'): void {
    for (const [namespace, side] of [[this.near, NEAR] as const, [this.far, FAR] as const]) {
      execFileSync('ip', ['netns', 'exec', namespace, 'ethtool', '-K', side.interfaceName, ...['tso', 'gso', 'gro', 'tx'].flatMap((name) => [name, state])], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    }
  }

  run(where: 'near' | 'far', command: string): string {
    const [file, ...args] = command.split(' ');
    return execFileSync('ip', ['netns', 'exec', this[where], file!, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  remove(): void {
    process.off('exit', this.#onExit);
    for (const namespace of [this.near, this.far]) removeNamespace(namespace);
  }

  readonly #onExit = () => this.remove();

  #ip(words: string): void {
    execFileSync('ip', words.split(' '), { stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

/** Namespaces of test processes that were killed before they could remove them. */
function removeAbandoned(): void {
  const names = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n');
  for (const name of names.map((line) => line.split(' ')[0]!).filter((some) => some.startsWith(PREFIX))) {
    if (!existsSync(`/proc/${Number.parseInt(name.slice(PREFIX.length), 10)}`)) removeNamespace(name);
  }
}

function removeNamespace(name: string): void {
  try {
    execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
  } catch {
    // it was never made
  }
}
