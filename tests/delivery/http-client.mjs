// HTTP requests over real sockets, one outstanding per connection; every answer must have the wanted length, and nothing may come after it.
// Usage: node http-client.mjs JSON with { host, port, path, requests, connections, keepsAlive, bodyBytes, answerBytes }
// Prints { answered, failed, surplusBytes } when every request has had its answer or its connection has ended without one.
import { connect } from 'node:net';

const { host, port, path, requests, connections, keepsAlive, bodyBytes, answerBytes } = JSON.parse(process.argv[2]);
const head = [
  `${bodyBytes > 0 ? 'POST' : 'GET'} ${path} HTTP/1.1`,
  'Host: lab',
  ...(keepsAlive ? [] : ['Connection: close']),
  ...(bodyBytes > 0 ? [`Content-Length: ${bodyBytes}`] : []),
];
const request = Buffer.from(`${head.join('\r\n')}\r\n\r\n${'b'.repeat(bodyBytes)}`);
const figures = { answered: 0, failed: 0, surplusBytes: 0 };
let asked = 0;

/** One connection after the other, until no request is left. */
async function worker(index) {
  while (asked < requests) await session(index);
}

function session(index) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, localAddress: host.includes(':') ? `fd90::${10 + (index % 10)}` : `10.90.0.${10 + (index % 10)}`, noDelay: true });
    let isAsking = false;
    let answer = Buffer.alloc(0);
    /** Bytes of the whole answer, once its head is there. */
    let wantedBytes = 0;
    const ask = () => {
      if (asked === requests || (!keepsAlive && wantedBytes > 0)) return socket.end();
      asked++;
      isAsking = true;
      wantedBytes = 0;
      answer = Buffer.alloc(0);
      socket.write(request);
    };
    socket.on('connect', ask);
    socket.on('data', (chunk) => {
      if (!isAsking) {
        figures.surplusBytes += chunk.length;
        return;
      }
      answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
      if (wantedBytes === 0) {
        const headEnd = answer.indexOf('\r\n\r\n');
        if (headEnd < 0) return;
        wantedBytes = headEnd + 4 + Number(/content-length: (\d+)/i.exec(answer.toString('latin1', 0, headEnd))?.[1] ?? Number.NaN);
        if (wantedBytes !== headEnd + 4 + answerBytes || !answer.toString('latin1', 0, 12).endsWith('200')) {
          isAsking = false;
          figures.failed++;
          socket.destroy();
          return;
        }
      }
      if (answer.length < wantedBytes) return;
      figures.surplusBytes += answer.length - wantedBytes;
      figures.answered++;
      isAsking = false;
      ask();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (isAsking) figures.failed++;
      resolve();
    });
  });
}

await Promise.all(Array.from({ length: connections }, (_, index) => worker(index)));
console.log(JSON.stringify(figures));
