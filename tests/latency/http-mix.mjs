// Requests of several kinds, each in one segment (an answer that comes amid a request is not timed), over a few kept connections, one after the other on each. JSON in argv: { host, rounds, connections }.
import http from 'node:http';

const { host, rounds, connections } = JSON.parse(process.argv[2]);
const kinds = [
  ['GET', '/index.html'],
  ['GET', '/missing'],
  ['GET', '/users/42'],
  ['GET', '/users/4711?token=secret'],
  ['POST', '/post', 'x'.repeat(1000)],
  ['HEAD', '/index.html'],
];

async function talk() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let round = 0; round < rounds; round++) {
    for (const [method, path, body] of kinds) {
      await new Promise((resolve, reject) => {
        const request = http.request({ host, port: 80, method, path, agent }, (response) => response.resume().on('end', resolve));
        request.on('error', reject).end(body);
      });
    }
  }
  agent.destroy();
}

await Promise.all(Array.from({ length: connections }, talk));
