import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from './lab.ts';
import { ADDRESS, ADDRESS6, CLIENT_ADDRESSES, CLIENT_ADDRESSES6, HOSTS, type Host, PLACES } from './names.ts';
import { pidsIn } from './processes.ts';
import { must } from './tools.ts';
import { waitUntil } from './wait.ts';

const prefix = `plxt-${process.pid}`;
let lab: Lab;
beforeAll(async () => {
  lab = await Lab.up({ prefix, removeOnExit: true });
});
afterAll(() => Lab.down({ prefix }));

type Probe = { to: string; from?: string };
/** How many of the probes were answered within 700 ms, before the kernel asks again. A probe is a SYN to a closed port: the kernel answers at once with a reset. */
async function answered(host: Host, probes: readonly Probe[]): Promise<number> {
  const program = `
    const probe = ({ to, from }, index) => new Promise((resolve) => {
      const socket = require('node:net').connect({ host: to, localAddress: from, port: 20000 + index });
      socket.on('error', (error) => resolve(error.code === 'ECONNREFUSED' ? 1 : 0));
      setTimeout(() => { resolve(0); socket.destroy(); }, 700);
    });
    Promise.all(${JSON.stringify(probes)}.map(probe)).then((answers) => console.log(answers.reduce((sum, answer) => sum + answer)));`;
  return Number(await lab.mustExec(host, [process.execPath, '-e', program]));
}
const times = (count: number, to: string): Probe[] => Array.from({ length: count }, () => ({ to }));

/** Count packets from the target to the client addresses that arrive on a host, in both families. */
async function countArrivals(host: Host): Promise<() => Promise<number>> {
  for (const [tool, from, to] of [
    ['iptables', ADDRESS.target, '10.90.0.0/24'],
    ['ip6tables', ADDRESS6.target, 'fd90::/32'],
  ] as const)
    await lab.mustExec(host, [tool, '-w', '5', '-t', 'raw', '-A', 'PREROUTING', '-s', from, '-d', to]);
  return async () => {
    const texts = await Promise.all(['iptables', 'ip6tables'].map((tool) => lab.mustExec(host, [tool, '-w', '5', '-t', 'raw', '-L', 'PREROUTING', '-vnx'])));
    return texts.map((text) => Number(/^\s*(\d+)\s+\d+\s.*(?:10\.90\.1\.21|fd90:1::21)/m.exec(text)?.[1] ?? 0)).reduce((sum, packets) => sum + packets, 0);
  };
}

test('all hosts answer each other in both families, but the target no client', async () => {
  for (const from of HOSTS) {
    const hidden = { client: 'target', target: 'client', online: '', assistant: '' }[from];
    const shown = HOSTS.filter((to) => to !== hidden).flatMap((to) => [{ to: ADDRESS[to] }, { to: ADDRESS6[to] }]);
    expect([from, await answered(from, shown)]).toEqual([from, shown.length]);
    const hiddenToo = HOSTS.filter((to) => to === hidden).flatMap((to) => [{ to: ADDRESS[to] }, { to: ADDRESS6[to] }]);
    if (hiddenToo.length > 0) expect([from, await answered(from, hiddenToo)]).toEqual([from, 0]);
  }
});

test('ten client addresses of each family reach the online server', async () => {
  const probes = [...CLIENT_ADDRESSES.map((from) => ({ from, to: ADDRESS.online })), ...CLIENT_ADDRESSES6.map((from) => ({ from, to: ADDRESS6.online }))];
  expect(await answered('client', probes)).toBe(20);
});

test("the target's answers to clients arrive at the assistant and go nowhere; without the route they reach the client", async () => {
  const atAssistant = await countArrivals('assistant');
  const atClient = await countArrivals('client');
  const probes = [...times(3, ADDRESS.target), ...times(3, ADDRESS6.target)];
  expect(await answered('client', probes)).toBe(0);
  expect([await atAssistant(), await atClient()]).toEqual([6, 0]);
  await lab.route('off');
  expect(await answered('client', probes)).toBe(6);
  expect([await atAssistant(), await atClient()]).toEqual([6, 6]);
  await lab.route('on');
  expect(await answered('client', probes)).toBe(0);
});

test('loss drops about its share and 0 ends it', async () => {
  await lab.loss(50, 'in');
  for (const address of [ADDRESS.target, ADDRESS6.target]) {
    const received = await answered('online', times(200, address));
    expect(received).toBeGreaterThan(60); // 100 expected, standard deviation 7
    expect(received).toBeLessThan(140);
  }
  expect((await lab.status()).lossRules).toHaveLength(1);
  await lab.loss(0);
  expect(await answered('online', [...times(50, ADDRESS.target), ...times(50, ADDRESS6.target)])).toBe(100);
});

test('an unplugged host is unreachable, and plugged in again it keeps its addresses and routes', async () => {
  const before = await lab.status();
  await lab.link('target', 'down');
  expect(await answered('online', times(1, ADDRESS.target))).toBe(0);
  expect((await lab.status()).hosts.find((host) => host.host === 'target')?.hasCarrier).toBe(false);
  await lab.link('target', 'up');
  await waitUntil(async () => (await answered('online', [...times(1, ADDRESS.target), ...times(1, ADDRESS6.target)])) === 2, {
    what: 'the target answers again',
  });
  expect(await lab.status()).toEqual(before);
});

test('exec gives code and output, feeds input, and ends what exceeds its time', async () => {
  expect(await lab.exec('online', ['sh', '-c', 'cat; echo oops >&2; exit 7'], { input: 'hello' })).toEqual({ code: 7, stdout: 'hello', stderr: 'oops\n' });
  await expect(lab.mustExec('online', ['false'])).rejects.toThrow('false (on online)" failed with code 1');
  await expect(lab.exec('online', ['sh', '-c', 'sleep 60 & sleep 60'], { timeoutMs: 200 })).rejects.toThrow('did not end within 200 ms');
  expect(pidsIn([lab.namespace('online')])).toEqual([]);
  await expect(lab.exec('moon' as Host, ['true'])).rejects.toThrow('the hosts are client, online, target, assistant');
});

test('offload and MTU are switched on all hosts and shown in the status', async () => {
  const facts = async () => (await lab.status()).hosts.map((host) => [host.isOffloading, host.mtuBytes]);
  expect(await facts()).toEqual(HOSTS.map(() => [false, 1500]));
  await lab.offload('on');
  await lab.mtu(9000);
  expect(await facts()).toEqual(HOSTS.map(() => [true, 9000]));
  await lab.offload('off');
  await lab.mtu(1500);
  expect(await facts()).toEqual(HOSTS.map(() => [false, 1500]));
});

test('up repairs a lab that lost a host, and status says what is absent', async () => {
  await must(['ip', 'netns', 'del', lab.namespace('assistant')]);
  expect(await lab.status()).toMatchObject({ isUp: false, hosts: [{ isUp: true }, { isUp: true }, { isUp: true }, { host: 'assistant', isUp: false }] });
  expect(() => Lab.attach({ prefix })).toThrow(`parallax lab up --prefix ${prefix}`);
  lab = await Lab.up({ prefix, removeOnExit: true });
  expect(await answered('target', [...times(1, ADDRESS.assistant), ...times(1, ADDRESS6.assistant)])).toBe(2);
});

test('down from another object ends also what ignores SIGTERM, and leaves no namespace, process or file', async () => {
  const stubborn = lab.spawn('target', ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done']);
  const obedient = lab.spawn('online', ['sleep', '600']);
  await new Promise((resolve) => stubborn.stdout?.once('data', resolve));
  expect(lab.children).toEqual([stubborn, obedient]);
  await waitUntil(() => readFileSync(`/proc/${obedient.pid}/comm`, 'utf8') === 'sleep\n', { what: "the child's pid is the program's own" });
  const ends = Promise.all([stubborn, obedient].map((child) => new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)))));
  await Lab.down({ prefix });
  expect(await ends).toEqual(['SIGKILL', 'SIGTERM']);
  expect(lab.children).toEqual([]);
  expect(await must(['ip', 'netns', 'list'])).not.toContain(prefix);
  expect(PLACES.filter((place) => existsSync(`/run/netns/${lab.namespace(place)}`))).toEqual([]);
  expect(statSync(lab.dir, { throwIfNoEntry: false })).toBeUndefined();
  await lab.down(); // once more does no harm
});
