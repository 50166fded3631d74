// The main job through the two command lines, on real kernels with real Redis.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESS, ADDRESS6, Lab, type Redis, redisMonitor, startRedis, waitUntil } from '@parallax/lab';
import { ACK, PSH, SYN } from '@parallax/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { childPathOf, commandsOf, establishedOn, makeKey, type Pair, PROGRAM, recordPackets, startPair } from './support.ts';

let lab: Lab;
let online: Redis;
let target: Redis;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxc-${process.pid}`, removeOnExit: true });
  [online, target] = await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'target')]);
});
afterAll(async () => lab?.down());

const MIRROR = ['-x', `6379-${ADDRESS.target}:6379`];
const FILTER = ['-F', 'tcp and src port 6379'];

async function withPair(args: readonly string[], body: (pair: Pair) => Promise<void>, assistant: readonly string[] = FILTER): Promise<void> {
  const pair = await startPair(lab, args, assistant);
  try {
    await body(pair);
  } finally {
    expect(await pair.stop(), 'exit codes of online and assistant').toEqual([0, 0]);
  }
}

const cli = (...words: string[]) => lab.mustExec('client', ['redis-cli', '-h', ADDRESS.online, ...words]);

/** Every SET of a value that a server executed, with its peer. */
async function watchSets() {
  const [onlineMonitor, targetMonitor] = [await redisMonitor(lab, 'online'), await redisMonitor(lab, 'target')];
  const of = (monitor: typeof onlineMonitor, value: string) =>
    monitor.lines.filter(({ words }) => words[0] === 'set' && words[2] === value).map(({ peer }) => peer);
  return {
    peers: async (value: string, copies: number) => {
      await waitUntil(() => of(targetMonitor, value).length >= copies, { what: `${copies} SETs on the target`, timeoutMs: 5000 });
      await new Promise((resolve) => setTimeout(resolve, 200)); // one too many would have come by now
      return { online: of(onlineMonitor, value), target: of(targetMonitor, value) };
    },
    stop: () => {
      onlineMonitor.stop();
      targetMonitor.stop();
    },
  };
}

describe('one SET', () => {
  test('reaches both servers from the same client address and port, and the client hears only the online server', () =>
    withPair(MIRROR, async () => {
      const sets = await watchSets();
      const atClient = await recordPackets(lab, 'client', 'tcp port 6379');
      const atTarget = await recordPackets(lab, 'target', 'tcp port 6379');
      expect(await cli('set', 'date', 'today')).toBe('OK\n');
      const peers = await sets.peers('today', 1);
      expect(peers.target).toEqual(peers.online);
      sets.stop();

      const client = await atClient.take();
      const copies = await atTarget.take();
      expect(client.filter(({ source }) => source.startsWith(ADDRESS.target))).toEqual([]);
      const own = client.filter(({ source }) => source === peers.online[0]);
      const copy = copies.filter(({ source }) => source === peers.online[0]);
      const answers = copies.filter(({ destination }) => destination === peers.online[0]);
      const synAck = answers.find(({ flags }) => (flags & (SYN | ACK)) === (SYN | ACK))!;
      expect(copy[0], 'SYN').toMatchObject({ seq: own[0]!.seq, flags: SYN });
      const [request] = own.filter(({ payloadBytes }) => payloadBytes > 0);
      const [copied] = copy.filter(({ payloadBytes }) => payloadBytes > 0);
      expect(copied, 'request').toMatchObject({ seq: request!.seq, payloadBytes: request!.payloadBytes, flags: ACK | PSH, ack: (synAck.seq + 1) | 0 });
      expect(synAck.seq, 'the target numbers its own bytes').not.toBe(client.find(({ flags }) => (flags & (SYN | ACK)) === (SYN | ACK))!.seq);
    }));

  test('at multiplier 3 reaches the target three times from three ports, one of them the client’s', () =>
    withPair([...MIRROR, '-n', '3'], async () => {
      const sets = await watchSets();
      await cli('set', 'date', 'thrice');
      const peers = await sets.peers('thrice', 3);
      sets.stop();
      expect(new Set(peers.target).size).toBe(3);
      expect(peers.target).toContain(peers.online[0]);
      expect(peers.target.every((peer) => peer.startsWith('10.90.0.10:'))).toBe(true);
    }));

  test('is mirrored over IPv6', () =>
    withPair(['-x', `6379-[${ADDRESS6.target}]:6379`], async () => {
      const sets = await watchSets();
      expect(await lab.mustExec('client', ['redis-cli', '-h', ADDRESS6.online, 'set', 'date', 'six'])).toBe('OK\n');
      const peers = await sets.peers('six', 1);
      sets.stop();
      expect(peers.target).toEqual(peers.online);
      expect(peers.target[0]).toMatch(/^\[fd90::/);
    }));

  test.each(['ring', 'pcap'])('is mirrored by the %s backend, the assistant filtering on announced targets', (io) =>
    withPair([...MIRROR, '--io', io], async () => {
      const sets = await watchSets();
      expect(await cli('set', 'date', `by ${io}`)).toBe('OK\n');
      const peers = await sets.peers(`by ${io}`, 1);
      sets.stop();
      expect(peers.target).toEqual(peers.online);
    }, ['--io', io]),
  );
});

/** Load of so many SETs and GETs each, counted at both servers. */
async function mirrorsCompletely(requests: number): Promise<void> {
  const before = [await commandsOf(online), await commandsOf(target)];
  await lab.mustExec('client', ['redis-benchmark', '-h', ADDRESS.online, '-q', '-c', '50', '-n', `${requests}`, '-t', 'set,get'], { timeoutMs: 60_000 });
  const grown = async (redis: Redis, index: number) => (await commandsOf(redis)) - before[index]!;
  await waitUntil(async () => (await grown(target, 1)) >= (await grown(online, 0)), {
    what: 'the target has executed as many commands',
    timeoutMs: 20_000,
  }).catch(() => {});
  const onlineGrown = await grown(online, 0);
  expect(onlineGrown).toBeGreaterThanOrEqual(2 * requests);
  expect(Math.abs((await grown(target, 1)) - onlineGrown), 'INFO itself is counted').toBeLessThanOrEqual(1);
}

test.each(['off', 'on'] as const)('redis-benchmark -c 50 -n 100000 -t set,get is mirrored completely, offloads %s', async (offload) => {
  await lab.offload(offload);
  await withPair(MIRROR, () => mirrorsCompletely(100_000));
});

test.each([
  ['v3', 'packet ring of 16 MiB in blocks of 1 ms on eth0'],
  ['recvmmsg', 'recvmmsg with 128 MiB of the kernel’s buffers on eth0'],
] as const)('and so it is where both agents receive by --rx %s', (rx, words) =>
  withPair(
    [...MIRROR, '--rx', rx],
    async ({ online: agent, assistant }) => {
      for (const { log } of [agent, assistant]) expect(log.some((line) => line.includes(words))).toBe(true);
      await mirrorsCompletely(20_000);
    },
    ['--rx', rx],
  ),
);

test('SIGTERM resets every copy on the target, and the clients notice nothing', async () => {
  const pair = await startPair(lab, [...MIRROR, '-n', '2'], FILTER);
  const clients = Array.from({ length: 20 }, () => lab.spawn('client', ['redis-cli', '-h', ADDRESS.online, 'subscribe', 'nothing'], { stdio: 'ignore' }));
  await waitUntil(() => establishedOn(lab, 'target', 6379).length === 40, { what: '40 copies are established on the target' });
  expect(await pair.online.stop()).toBe(0);
  expect(establishedOn(lab, 'target', 6379)).toEqual([]);
  expect(establishedOn(lab, 'online', 6379).length).toBe(20);
  expect(await pair.assistant.stop()).toBe(0);
  for (const client of clients) client.kill();
  await waitUntil(() => establishedOn(lab, 'online', 6379).length === 0, { what: 'the clients are gone' });
});

test('a packet path that dies is started again, says so, and mirrors again', () =>
  withPair(MIRROR, async ({ online: agent }) => {
    process.kill(childPathOf(agent), 'SIGKILL');
    await waitUntil(() => agent.log.some((line) => line.includes('ended by SIGKILL') && line.includes('starting it again')), { what: 'the log tells' });
    await waitUntil(() => agent.log.filter((line) => line.includes('copying')).length === 2, { what: 'it copies again' });
    const sets = await watchSets();
    await cli('set', 'date', 'again');
    expect((await sets.peers('again', 1)).target.length).toBe(1);
    sets.stop();
  }));

test('an assistant that begins to forward refuses the online agent until it no longer does', () =>
  withPair(MIRROR, async ({ online: agent, assistant }) => {
    const forward = (value: 0 | 1) => lab.exec('assistant', ['sysctl', '-qw', `net.ipv4.ip_forward=${value}`]);
    const lines = (part: string) => agent.log.filter((line) => line.includes(part)).length;
    await forward(1);
    try {
      await waitUntil(() => lines('this host forwards packets (net.ipv4.ip_forward is 1)') > 0, { what: 'the online agent tells why it is degraded' });
      expect(assistant.log.some((line) => line.includes('sysctl -w net.ipv4.ip_forward=0'))).toBe(true);
    } finally {
      await forward(0);
    }
    await waitUntil(() => lines('copying') >= 2, { what: 'it copies again' });
  }));

test('CAP_NET_RAW alone is enough for both agents', async () => {
  const key = makeKey(lab);
  const unprivileged = ['setpriv', '--inh-caps=-all', '--bounding-set=-all,+net_raw'];
  const start = (host: 'online' | 'assistant', args: string[]) => {
    const child = lab.spawn(host, [...unprivileged, process.execPath, PROGRAM, host, '-i', 'eth0', '--key-file', key, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let words = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        words += chunk.toString();
      });
    }
    return {
      child,
      ready: waitUntil(() => /^ready$/m.test(words), { what: `${host} is ready with CAP_NET_RAW alone` }).catch((error: Error) =>
        Promise.reject(new Error(`${error.message}: ${words}`)),
      ),
    };
  };
  const assistant = start('assistant', []);
  await assistant.ready;
  const mirror = start('online', ['-s', ADDRESS.assistant, ...MIRROR]);
  await mirror.ready;
  const sets = await watchSets();
  expect(await cli('set', 'date', 'unprivileged')).toBe('OK\n');
  expect((await sets.peers('unprivileged', 1)).target.length).toBe(1);
  sets.stop();
  for (const { child } of [mirror, assistant]) {
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    expect(await gone).toBe(0);
  }
});

// From here on one test waits beside another: none of them copies anything.
test.concurrent('-d detaches once ready, -P writes the pid, -l the log; SIGTERM ends it and removes the pid file', async () => {
  const [pidFile, logFile] = [join(lab.dir, 'a.pid'), join(lab.dir, 'a.log')];
  const { code, stdout } = await lab.exec(
    'assistant',
    [process.execPath, PROGRAM, 'assistant', '-i', 'eth0', '--key-file', makeKey(lab), '-d', '-P', pidFile, '-l', logFile],
    { timeoutMs: 20_000 },
  );
  expect([code, stdout]).toEqual([0, 'ready\n']);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(readFileSync(logFile, 'utf8')).toContain('packet ring');
  process.kill(pid, 'SIGTERM');
  await waitUntil(
    () => {
      try {
        readFileSync(pidFile);
        return false;
      } catch {
        return true;
      }
    },
    { what: 'the pid file is gone' },
  );
});

test.concurrent.each([
  ['no assistant there', ['-x', '6379-10.90.1.21:6379', '-s', '10.90.1.22:36599'], /10\.90\.1\.22:36599 is not listening; start "parallax assistant" there/],
  ['a missing interface', ['-x', '6379-10.90.1.21:6379', '-s', '10.90.1.22', '-i', 'eth9'], /there is no interface "eth9"; this host has .*eth0/],
  ['a loop', ['-x', '6379-10.90.1.20:6379', '-s', '10.90.1.22'], /is the mirrored port of this host itself/],
])('%s ends with a sentence and exit code 1', async (_, args, sentence) => {
  const { code, stderr } = await lab.exec('online', [process.execPath, PROGRAM, 'online', '--no-auth', ...args], { timeoutMs: 30_000 });
  expect(stderr).toMatch(sentence);
  expect(code).toBe(1);
});

test.concurrent('without CAP_NET_RAW both agents say so and how to get it', async () => {
  for (const args of [['online', ...MIRROR, '-s', ADDRESS.assistant], ['assistant']]) {
    const { code, stderr } = await lab.exec(
      'online',
      ['setpriv', '--inh-caps=-all', '--bounding-set=-all', process.execPath, PROGRAM, ...args, '-i', 'eth0', '--no-auth'],
      { timeoutMs: 30_000 },
    );
    expect(stderr).toMatch(/CAP_NET_RAW/);
    expect(code).toBe(1);
  }
});
