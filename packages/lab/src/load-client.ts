// The program of the load, sent as text into the client's namespace: it may use nothing from outside its own body.
import type { Socket } from 'node:net';
import type { LoadJob } from './load.ts';

/** Keep `job.ratePerSecond` requests going until the time is over or standard input ends; a JSON line of figures twice a second. */
export function loadMain(job: LoadJob): void {
  const net = process.getBuiltinModule('node:net');
  const TICK_MS = 5;
  const OUTSTANDING_LIMIT = 64;
  const RECONNECT_AFTER_MS = 200;
  const SAMPLES = 10_000;
  const KEYS = 100;
  type Client = { localAddress: string; socket: Socket | undefined; isReady: boolean; sent: number; sentAtMs: number[]; rest: string };
  const figures = { sent: 0, answered: 0, failed: 0, skipped: 0, connections: 0, medianMs: 0, p99Ms: 0 };
  const latenciesMs: number[] = [];
  const clients: Client[] = job.localAddresses.map((localAddress) => ({ localAddress, socket: undefined, isReady: false, sent: 0, sentAtMs: [], rest: '' }));
  let isOver = false;

  const connect = (client: Client) => {
    const socket = net.createConnection({ host: job.server, port: job.port, localAddress: client.localAddress, noDelay: true });
    Object.assign(client, { socket, isReady: false, sent: 0, sentAtMs: [], rest: '' });
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      client.isReady = true;
      figures.connections++;
    });
    socket.on('data', (text: unknown) => onAnswer(client, String(text)));
    socket.on('error', () => {}); // 'close' follows and counts what was lost
    socket.on('close', () => {
      figures.failed += client.sentAtMs.length;
      client.isReady = false;
      client.sentAtMs = [];
      if (!isOver) setTimeout(() => !isOver && connect(client), client.sent === 0 ? RECONNECT_AFTER_MS : 0);
    });
  };

  // Values hold no line ends and no reply is an array, so every reply is one line, or two if it is a bulk string.
  const onAnswer = (client: Client, text: string) => {
    const lines = (client.rest + text).split('\r\n');
    client.rest = lines.pop() ?? '';
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at] ?? '';
      if (line.startsWith('$') && line !== '$-1') {
        if (at + 1 >= lines.length) {
          client.rest = `${line}\r\n${client.rest}`;
          break;
        }
        at++;
      }
      const sentAtMs = client.sentAtMs.shift();
      if (sentAtMs === undefined) continue;
      if (line.startsWith('-')) figures.failed++;
      else figures.answered++;
      latenciesMs[(figures.answered + figures.failed) % SAMPLES] = performance.now() - sentAtMs;
    }
    if (job.requestsPerConnection > 0 && client.sent >= job.requestsPerConnection && client.sentAtMs.length === 0) {
      client.isReady = false;
      client.socket?.end();
    }
  };

  const request = (serial: number): string => {
    const key = `load:${(serial * 7) % KEYS}`;
    const turn = serial % 10;
    const words = turn < 6 ? ['GET', key] : turn < 9 ? ['SET', key, `value-${serial}`] : ['INCR', `counter:${serial % KEYS}`];
    return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
  };

  const sendOne = (serial: number) => {
    const client = clients[serial % clients.length];
    const mayMore = job.requestsPerConnection === 0 || (client?.sent ?? 0) < job.requestsPerConnection;
    if (!client?.isReady || !mayMore || client.sentAtMs.length >= OUTSTANDING_LIMIT) {
      figures.skipped++;
      return;
    }
    client.socket?.write(request(serial));
    client.sentAtMs.push(performance.now());
    client.sent++;
    figures.sent++;
  };

  const report = () => {
    const sorted = [...latenciesMs.filter((ms) => ms !== undefined)].sort((a, b) => a - b);
    figures.medianMs = sorted[Math.floor(sorted.length / 2)] ?? 0;
    figures.p99Ms = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  };

  const finish = () => {
    if (isOver) return;
    isOver = true;
    clearInterval(ticker);
    clearInterval(reporter);
    const endAtMs = performance.now() + 500; // answers still on their way
    const drain = setInterval(() => {
      if (performance.now() < endAtMs && clients.some((client) => client.sentAtMs.length > 0)) return;
      clearInterval(drain);
      for (const client of clients) client.socket?.end();
      report();
      setTimeout(() => process.exit(0), 50); // the FINs leave first
    }, 10);
  };

  let serial = 0;
  let startedAtMs = 0;
  const ticker = setInterval(() => {
    if (startedAtMs === 0) {
      if (!clients.every((client) => client.isReady) && performance.now() < 2_000) return; // all connected, or two seconds gone
      startedAtMs = performance.now();
    }
    const elapsedMs = performance.now() - startedAtMs;
    if (elapsedMs >= job.seconds * 1_000) return finish();
    const due = Math.floor((elapsedMs / 1_000) * job.ratePerSecond);
    while (serial < due) sendOne(serial++);
  }, TICK_MS);
  const reporter = setInterval(report, 500);
  for (const client of clients) connect(client);
  process.stdout.on('error', () => process.exit(0)); // nobody reads any more
  process.stdin.on('end', finish).on('error', finish).resume(); // the parent asked, or died
  process.on('SIGTERM', finish).on('SIGINT', finish);
}
