// What a week of comparison costs the embedded database: sizes, the time of an answer for each range, and what recording does to the console's event loop.
//   npm run build && npx tsx apps/console/comparison/storage-bench.ts [--mappings 50] [--kinds 20] [--rate 100] [--record 30] [--dir /var/tmp] [--profile FILE]
// The seconds of an hour are made by the agents' recorder and rolled up by the console's own code. They are repeated as far back as each step is kept;
// a real console then answers over HTTP, once without anything of the file in the kernel's cache and five times after.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createClient } from '@libsql/client';
import { seededRandom } from '@parallax/latency';
import type { CreateAgentAnswer, MappingView } from '@parallax/protocol';
import { WebSocket } from 'ws';
import { hello, mappingInput } from '../testing/samples.ts';
import { comparisonSecond, type Exchange } from '../testing/seconds.ts';
import { type Api, signedIn } from '../testing/told-agent.ts';
import { defaultLevels, spanOf } from './levels.ts';
import { packSecond } from './second.ts';
import { KindSums, packSpan, TotalSum } from './span.ts';

const { values } = parseArgs({
  options: {
    mappings: { type: 'string', default: '50' },
    kinds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '100' },
    record: { type: 'string', default: '30' },
    dir: { type: 'string', default: '/var/tmp' },
    profile: { type: 'string' },
  },
});
const [mappingCount, kindCount, ratePerSecond, recordSeconds] = [values.mappings, values.kinds, values.rate, values.record].map(Number) as [
  number,
  number,
  number,
  number,
];
const WEEK_MS = 7 * 86_400_000;
const MINUTE_MS = 60_000;
const dir = mkdtempSync(join(values.dir, 'parallax-bench-'));
const account = { name: 'bench', password: 'correct horse battery' };
const levels = defaultLevels();
const random = seededRandom(20261125);

/** Services whose medians lie between 0.2 and 20 ms, with a long tail; the target takes 5 % more. */
function exchangesOfSecond(): Exchange[] {
  return Array.from({ length: ratePerSecond }, (_, at) => {
    const kind = at % kindCount;
    const tail = Math.exp(0.5 * (random() + random() + random() + random() - 2) * 1.7 + (random() < 0.02 ? 1.5 : 0));
    const onlineUs = 200 * 100 ** (kind / kindCount) * tail;
    return {
      kind: `GET /api/v1/resource-${kind}/:id 200`,
      onlineUs,
      targetUs: onlineUs * (1.03 + 0.04 * random()),
      isError: random() < 0.001,
      answerUs: 20 + 300 * random(),
    };
  });
}

type Packed = { total: Uint8Array; kinds: Uint8Array };
/** An hour of each level, finest first. */
function hourOfSpans(): Packed[][] {
  let finer: Packed[] = Array.from({ length: 3600 }, (_, second) => packSecond(comparisonSecond('m', second * 1000, exchangesOfSecond())));
  return levels.map(({ stepS }, index) => {
    if (index === 0) return finer;
    const each = stepS / levels[index - 1]!.stepS;
    finer = Array.from({ length: finer.length / each }, (_, at) => {
      const total = new TotalSum();
      const kinds = new KindSums();
      for (const part of finer.slice(at * each, (at + 1) * each)) {
        total.addPacked(part.total);
        kinds.addPacked(part.kinds);
      }
      return packSpan(total, kinds);
    });
    return finer;
  });
}

/** Writes the longest delay of the event loop and its p99, ms, to stderr at every SIGUSR2, and begins anew; with --profile, what was going on as a CPU profile. */
const watch = `import { monitorEventLoopDelay } from 'node:perf_hooks';
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
const profiling = process.env.BENCH_PROFILE && new Session();
profiling?.connect?.();
if (profiling) profiling.post('Profiler.enable');
const nextProfile = () => { if (!profiling) return; profiling.post('Profiler.stop', (_, result) => result && writeFileSync(process.env.BENCH_PROFILE, JSON.stringify(result.profile))); profiling.post('Profiler.setSamplingInterval', { interval: 1000 }); profiling.post('Profiler.start'); };
const loop = monitorEventLoopDelay({ resolution: 2 }); loop.enable();
process.on('SIGUSR2', () => { console.error('loop ' + JSON.stringify({ p50: loop.percentile(50) / 1e6, p99: loop.percentile(99) / 1e6, max: loop.max / 1e6, cpuS: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6, rssMb: process.memoryUsage.rss() / 1e6 })); nextProfile(); loop.reset(); });`;

async function startConsole() {
  const preload = join(dir, 'watch.mjs');
  writeFileSync(preload, watch);
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, ['--import', preload, resolve('bin/parallax'), 'console', '--listen', '127.0.0.1:0', '--data', dir], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LOG_LEVEL: 'error', ...(values.profile === undefined ? {} : { BENCH_PROFILE: resolve(values.profile) }) },
  });
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  child.once('exit', () => process.removeListener('exit', end));
  let setupCode = '';
  let onLoop: (words: string) => void = () => {};
  createInterface({ input: child.stderr }).on('line', (line) => (line.startsWith('loop ') ? onLoop(line.slice(5)) : console.error(line)));
  const url = await new Promise<string>((ready) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      setupCode = /^setup code: (\S+)$/.exec(line)?.[1] ?? setupCode;
      const found = /^ready (\S+)$/.exec(line)?.[1];
      if (found !== undefined) ready(found);
    });
  });
  return {
    url,
    setupCode,
    startedMs: performance.now() - startedAtMs,
    loop: () =>
      new Promise<{ p50: number; p99: number; max: number; cpuS: number; rssMb: number }>((done) => {
        onLoop = (words) => done(JSON.parse(words));
        child.kill('SIGUSR2');
      }),
    stop: () => new Promise((done) => child.once('exit', done) && child.kill('SIGTERM')),
  };
}

async function fill(database: string, ids: readonly string[], hour: readonly Packed[][]): Promise<void> {
  const client = createClient({ url: `file:${database}` });
  const nowMs = Date.now();
  await client.executeMultiple(
    'PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; CREATE TABLE "Hour" (stepS INTEGER, place INTEGER, total BLOB, kinds BLOB, PRIMARY KEY (stepS, place))',
  );
  for (const [index, spans] of hour.entries()) {
    await client.batch(
      spans.map(({ total, kinds }, place) => ({ sql: 'INSERT INTO "Hour" VALUES (?, ?, ?, ?)', args: [levels[index]!.stepS, place, total, kinds] })),
      'write',
    );
  }
  for (const id of ids) {
    for (const [index, { stepS, keptMs }] of levels.entries()) {
      const toMs = spanOf(nowMs, stepS);
      const fromMs = spanOf(nowMs - Math.min(keptMs, WEEK_MS), stepS);
      await client.execute({
        sql: `WITH RECURSIVE at(ms) AS (SELECT ? UNION ALL SELECT ms + ? FROM at WHERE ms + ? < ?)
          INSERT INTO "ComparisonSpan" ("mappingId", "stepS", "atMs", "total", "kinds")
          SELECT ?, stepS, ms, total, kinds FROM at JOIN "Hour" ON stepS = ? AND place = (ms / ?) % ?`,
        args: [fromMs, stepS * 1000, stepS * 1000, toMs, id, stepS, stepS * 1000, hour[index]!.length],
      });
    }
  }
  await client.execute('DROP TABLE "Hour"');
  client.close();
}

const forgetCached = (path: string) => execFileSync('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0'], { stdio: 'ignore' });
const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0);

async function answers(api: Api, ids: readonly string[], database: string): Promise<void> {
  const ranges: [string, number][] = [
    ['5 min', 5],
    ['15 min', 15],
    ['1 h', 60],
    ['6 h', 360],
    ['1 d', 1440],
    ['2 d', 2880],
    ['7 d', 10_080],
  ];
  console.log('| range | step, s | points | all requests: cold, warm ms | one kind: cold, warm ms | kB |\n|---|---|---|---|---|---|');
  for (const [at, [name, minutes]] of ranges.entries()) {
    const cells: string[] = [];
    let view = { stepMs: 0, points: [] as unknown[] };
    for (const [turn, kind] of ['', `&kind=${encodeURIComponent('GET /api/v1/resource-7/:id 200')}`].entries()) {
      const tookMs: number[] = [];
      forgetCached(database);
      await new Promise((done) => setTimeout(done, 100)); // connections that the console closed meanwhile are let go of
      for (let round = 0; round < 6; round++) {
        const toMs = Date.now();
        const startedAtMs = performance.now();
        view = await api('GET', `/mappings/${ids[(at * 2 + turn + 3) % ids.length]}/comparison?from=${toMs - minutes * MINUTE_MS}&to=${toMs}${kind}`);
        tookMs.push(performance.now() - startedAtMs);
      }
      cells.push(`${ms(tookMs[0]!)}, ${ms(Math.max(...tookMs.slice(1)))}`);
    }
    console.log(`| ${name} | ${view.stepMs / 1000} | ${view.points.length} | ${cells.join(' | ')} | ${Math.round(JSON.stringify(view).length / 1000)} |`);
  }
}

/** One agent tells a second of every mapping each second; the time until the console says that it is stored. */
async function record(url: string, token: string, ids: readonly string[], seconds: number): Promise<number[]> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/agent`, { headers: { authorization: `Bearer ${token}` } });
  await new Promise((done) => socket.once('open', done));
  const sentAtMs = new Map<string, number>();
  const tookMs: number[] = [];
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as { type: string; mappingId: string; sequence: number };
    if (message.type === 'comparison-stored') tookMs.push(performance.now() - sentAtMs.get(`${message.mappingId} ${message.sequence}`)!);
  });
  socket.send(JSON.stringify(hello('online')));
  for (let second = 0; second < seconds; second++) {
    const secondMs = spanOf(Date.now(), 1) - 1000;
    const told = comparisonSecond('', secondMs, exchangesOfSecond(), { sequence: second });
    for (const mappingId of ids) {
      sentAtMs.set(`${mappingId} ${second}`, performance.now());
      socket.send(JSON.stringify({ ...told, mappingId }));
    }
    await new Promise((done) => setTimeout(done, 1000 - (Date.now() % 1000) + 20));
  }
  await new Promise((done) => setTimeout(done, 1000));
  socket.close();
  return tookMs.sort((a, b) => a - b);
}

try {
  let console_ = await startConsole();
  await fetch(`${console_.url}/api/v1/setup`, { method: 'POST', body: JSON.stringify({ code: console_.setupCode, ...account }) });
  let api = await signedIn(console_.url, account);
  const online = await api<CreateAgentAnswer>('POST', '/agents', { name: 'online', role: 'online' });
  const assistant = await api<CreateAgentAnswer>('POST', '/agents', { name: 'assistant', role: 'assistant' });
  const ids: string[] = [];
  for (let at = 0; at < mappingCount; at++) {
    const input = mappingInput({ name: `service-${at}`, onlineAgentId: online.id, assistantAgentId: assistant.id, multiplier: 1 });
    const ports = { listen: { ...input.listen, port: 6000 + at }, target: { ...input.target, port: 6000 + at } };
    ids.push((await api<MappingView>('POST', '/mappings', { ...input, ...ports })).id);
  }
  await console_.stop();

  const database = execFileSync('find', [dir, '-name', '*.db']).toString().trim();
  const hour = hourOfSpans();
  for (const [index, spans] of hour.entries()) {
    const bytes = spans.reduce((sum, { total, kinds }) => sum + total.length + kinds.length, 0);
    console.log(`${levels[index]!.stepS} s: ${(bytes / spans.length / 1000).toFixed(1)} kB a span`);
  }
  const fillingAtMs = performance.now();
  await fill(database, ids, hour);
  console.log(
    `filled in ${ms((performance.now() - fillingAtMs) / 1000)} s: ${(statSync(database).size / 1e9).toFixed(2)} GB, ${mappingCount} mappings × ${kindCount} kinds × 7 d`,
  );

  console_ = await startConsole();
  console.log(`console ready after ${ms(console_.startedMs)} ms`);
  api = await signedIn(console_.url, account);
  await new Promise((done) => setTimeout(done, 3000));
  await answers(api, ids, database);

  await console_.loop();
  const before = await console_.loop();
  const tookMs = await record(console_.url, online.token, ids, recordSeconds);
  const after = await console_.loop();
  console.log(
    `recording ${mappingCount} seconds a second for ${recordSeconds} s: ${tookMs.length} stored, after p50 ${ms(tookMs[tookMs.length >> 1] ?? 0)} ms, longest ${ms(tookMs.at(-1) ?? 0)} ms; event loop p50 ${ms(after.p50)} ms, p99 ${ms(after.p99)} ms, longest ${ms(after.max)} ms; ${(((after.cpuS - before.cpuS) / recordSeconds) * 100).toFixed(0)} % of a core, ${ms(after.rssMb)} MB`,
  );
  await console_.stop();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
