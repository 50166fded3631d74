// An agent dies and is started again: of what was measured before, at most the second that it was in is lost.
import { join } from 'node:path';
import { readCapture } from '@parallax/device';
import { ADDRESS, Lab, type Running, type RunningConsole, startConsole, startParallax, waitUntil } from '@parallax/lab';
import { IpView, TcpView } from '@parallax/wire';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { childPathOf, PROGRAM, recordCapture } from '../scenario/support.ts';
import { buildPrograms } from './truth.ts';

const PORT = 8001;
const RATE = 200;
const MOST_SECONDS = 60;
/** A second's figures are taken at its end, a timer's precision early, and are with the console this long after; when it dies then, it has begun another. */
const EARLY_MS = 20;
/** On a busy machine they are taken so late: what was answered meanwhile is told with the second that ended. */
const LATE_MS = 200;
const INTO_SECOND_MS = 800;

let lab: Lab;
let console_: RunningConsole;
const running: Running[] = [];
beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxa-${process.pid}`, removeOnExit: true });
  buildPrograms(lab);
  console_ = await startConsole(lab, PROGRAM, 3600 + (process.pid % 90), { name: 'operator', password: 'correct horse battery' });
});
afterAll(async () => {
  for (const each of running) await each.stop();
  await console_?.stop();
  await lab?.down();
});

async function startAgent(host: 'online' | 'assistant', token: string): Promise<Running> {
  const agent = await startParallax(lab, host, PROGRAM, [host, '--console', `ws+unix:${console_.socket}:/ws/agent`, '-i', 'eth0'], { PARALLAX_TOKEN: token });
  running.push(agent);
  return agent;
}

async function startServer(host: 'online' | 'target'): Promise<void> {
  const child = lab.spawn(host, [join(lab.dir, 'timed-server'), `${PORT}:1000:0`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  await waitUntil(() => words.includes('listening'), { what: `the server listens on ${host}` });
}

/** Requests until `end`, which says how many there were. */
function startLoad(): { end(): Promise<number> } {
  const job = [ADDRESS.online, PORT, RATE, 4, RATE * MOST_SECONDS].map(String);
  const child = lab.spawn('client', [join(lab.dir, 'paced-client'), ...job], { stdio: ['ignore', 'pipe', 'inherit'] });
  let words = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  const gone = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    end: async () => {
      child.kill('SIGTERM');
      expect(await gone, 'all were answered').toBe(0);
      return Number.parseInt(words, 10);
    },
  };
}

/** When the online server's host saw each answer, ms since 1970. */
function answersIn(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ip = new IpView(view);
  const tcp = new TcpView(view);
  const answers: number[] = [];
  for (const { at, lengthBytes, wireBytes, capturedAtUs } of readCapture(bytes)) {
    if (ip.moveTo(at, at + lengthBytes, wireBytes) && tcp.moveTo(ip.payloadAt, at + lengthBytes) && ip.totalBytes > tcp.payloadAt - ip.at)
      answers.push(capturedAtUs / 1000);
  }
  return answers;
}

/** Kill a process late in a second of the clock; returns when. */
async function killInSecond(pid: number): Promise<number> {
  await waitUntil(() => Date.now() % 1000 >= INTO_SECOND_MS && Date.now() % 1000 < INTO_SECOND_MS + 150, { what: 'the second is nearly over', pollMs: 20 });
  const atMs = Date.now();
  process.kill(pid, 'SIGKILL');
  return atMs;
}

test('the packet path is killed, then the whole agent', { timeout: 90_000 }, async () => {
  await startServer('online');
  await startServer('target');
  const [assistant, online] = [await console_.client.addAgent('assistant', 'assistant'), await console_.client.addAgent('online', 'online')];
  await startAgent('assistant', assistant.token);
  let agent = await startAgent('online', online.token);
  const { id } = await console_.client.addMapping({
    name: 'timed',
    onlineAgentId: online.id,
    assistantAgentId: assistant.id,
    listen: { address: null, port: PORT },
    target: { address: ADDRESS.target, port: PORT },
    multiplier: 1,
    pacing: 'response',
    adapter: 'http1',
  });
  await console_.client.start(id);
  const isRunning = async () => (await console_.client.mapping(id)).status?.state === 'running';
  await waitUntil(isRunning, { what: 'the mapping runs', timeoutMs: 10_000 });
  const capture = await recordCapture(lab, 'online', `tcp src port ${PORT} and src host ${ADDRESS.online}`);
  const beganMs = Math.floor(Date.now() / 1000) * 1000;
  const load = startLoad();

  const pointsOf = async (toMs: number) => (await console_.client.comparison(id, beganMs, toMs, 1)).points;
  /** The first whole second of which it tells again. */
  const isBack = async (killedMs: number): Promise<number> => {
    const first = () => pointsOf(Date.now() + 2000).then((points) => points.find(({ atMs, online }) => atMs > killedMs && online.count > 0)?.atMs);
    return (await waitUntil(first, { what: 'exchanges are told of again', timeoutMs: 20_000 })) + 1000;
  };
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const pathKilledMs = await killInSecond(childPathOf(agent));
  const pathBackMs = await isBack(pathKilledMs);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const agentKilledMs = await killInSecond(agent.child.pid!);
  running.splice(running.indexOf(agent), 1);
  agent = await startAgent('online', online.token);
  const agentBackMs = await isBack(agentKilledMs);
  await waitUntil(() => Date.now() > agentBackMs + 2000, { what: 'it has told of two seconds again' });
  const asked = await load.end();
  await new Promise((resolve) => setTimeout(resolve, 2500));

  const answers = answersIn(await capture.take());
  expect(answers).toHaveLength(asked);
  const endedMs = Math.ceil(Date.now() / 1000) * 1000;
  expect(answers.at(-1), 'it went on for a while').toBeGreaterThan(agentBackMs + 1000);
  const points = await pointsOf(endedMs);
  const answered = (fromMs: number, toMs: number) => answers.filter((atMs) => atMs >= fromMs && atMs < toMs).length;
  const secondOf = (atMs: number) => Math.floor(atMs / 1000) * 1000;
  for (const [fromMs, toMs] of [
    [beganMs, secondOf(pathKilledMs)],
    [pathBackMs, secondOf(agentKilledMs)],
    [agentBackMs, endedMs],
  ] as const) {
    const known = points.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    const stored = (side: 'online' | 'target') => known.reduce((sum, point) => sum + point[side].count, 0);
    const said = `${stored('online')} and ${stored('target')} stored, ${answered(fromMs, toMs)} answered from ${fromMs} to ${toMs}; killed at ${pathKilledMs} and ${agentKilledMs}`;
    if (toMs !== endedMs) expect(known.at(-1)?.atMs, said).toBe(toMs - 1000);
    expect(stored('online'), said).toBeGreaterThanOrEqual(answered(fromMs + LATE_MS, toMs - EARLY_MS));
    expect(stored('target'), said).toBeGreaterThanOrEqual(answered(fromMs + LATE_MS, toMs - 200));
  }
});
