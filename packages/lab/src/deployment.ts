// Parallax itself on the lab: a console on the host's loopback, agents inside the namespaces, as an operator would run them.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AgentRole } from '@parallax/protocol';
import { ConsoleClient } from './console-client.ts';
import type { Lab } from './lab.ts';
import { type Host, LabError } from './names.ts';
import { waitUntil } from './wait.ts';

/** A running `parallax` command that has said ready. */
export type Running = {
  readonly child: ChildProcess;
  /** What it wrote to stdout and to stderr so far, line by line. */
  readonly lines: readonly string[];
  readonly log: readonly string[];
  /** SIGTERM; resolves with the exit code, null if a signal ended it. */
  stop(): Promise<number | null>;
};

const LINES_KEPT = 10_000;

function keepLines(stream: NodeJS.ReadableStream | null, into: string[]): void {
  if (stream !== null) {
    createInterface({ input: stream }).on('line', (line) => {
      into.push(line);
      if (into.length > LINES_KEPT) into.shift();
    });
  }
}

/** Wait until a started command prints a line that begins with `ready`. Throws with its last words if it ends before. */
async function whenReady(child: ChildProcess, name: string, timeoutMs: number): Promise<Running> {
  const lines: string[] = [];
  const log: string[] = [];
  keepLines(child.stdout, lines);
  keepLines(child.stderr, log);
  let ended: string | null = null;
  const gone = new Promise<number | null>((resolve) =>
    child.once('close', (code, signal) => {
      ended = signal ?? `exit code ${code}`;
      resolve(code);
    }),
  );
  const isReady = () => lines.some((line) => line.startsWith('ready'));
  try {
    await waitUntil(() => isReady() || ended !== null, { what: `parallax ${name} is ready`, timeoutMs });
    if (ended !== null) throw new LabError(`parallax ${name} ended with ${ended}`);
  } catch (error) {
    child.kill('SIGTERM');
    throw new LabError(`${(error as Error).message}\n${log.slice(-5).join('\n')}`, { cause: error });
  }
  return {
    child,
    lines,
    log,
    stop: () => {
      child.kill('SIGTERM');
      return gone;
    },
  };
}

/** Run `parallax ARGS…` on a host of the lab until it is ready. `program` is the path of bin/parallax. */
export function startParallax(lab: Lab, host: Host, program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
  const child = lab.spawn(host, [process.execPath, program, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  return whenReady(child, `${args[0]} on ${host}`, 20_000);
}

/** A console that serves http://127.0.0.1:PORT and a unix socket for the agents in the lab; a client is signed in to it. */
export type RunningConsole = Running & { url: string; socket: string; client: ConsoleClient; user: { name: string; password: string } };

async function runConsole(lab: Lab, program: string, port: number): Promise<Running & { url: string; socket: string }> {
  const data = join(lab.dir, 'console');
  const socket = join(lab.dir, 'console.sock');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const child = spawn(process.execPath, [program, 'console', '--listen', `127.0.0.1:${port}`, '--socket', socket, '--data', data], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  lab.own(child);
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  child.once('close', () => process.removeListener('exit', end));
  const running = await whenReady(child, 'console', 30_000);
  return { ...running, url: running.lines.find((line) => line.startsWith('ready'))!.split(' ')[1]!, socket };
}

/** Run `parallax console` outside the lab's hosts with its data in the lab's folder, and make the administrator. */
export async function startConsole(lab: Lab, program: string, port: number, user: { name: string; password: string }): Promise<RunningConsole> {
  const running = await runConsole(lab, program, port);
  const code = running.lines.find((line) => line.startsWith('setup code: '))?.slice('setup code: '.length);
  if (code === undefined) throw new LabError('the console printed no setup code: its data directory is not empty');
  const client = new ConsoleClient(running.url);
  await client.setUp(code, user.name, user.password);
  return { ...running, client, user };
}

/** Run a console that was stopped again: same data, same place. */
export async function restartConsole(lab: Lab, program: string, { url, client, user }: RunningConsole): Promise<RunningConsole> {
  return { ...(await runConsole(lab, program, Number(new URL(url).port))), client, user };
}

/** Add an agent in the console, by its host's name if it has no other, and run it on its host until it is connected. */
export async function joinAgent(
  lab: Lab,
  program: string,
  console_: RunningConsole,
  host: Host & AgentRole,
  name: string = host,
): Promise<Running & { id: string }> {
  const { id, token } = await console_.client.addAgent(name, host);
  const running = await startParallax(lab, host, program, [host, '--console', `ws+unix:${console_.socket}:/ws/agent`, '-i', 'eth0'], { PARALLAX_TOKEN: token });
  await waitUntil(async () => (await console_.client.agents()).find((agent) => agent.id === id)?.connected === true, {
    what: `the console sees agent ${name}`,
    timeoutMs: 10_000,
  });
  return { ...running, id };
}
