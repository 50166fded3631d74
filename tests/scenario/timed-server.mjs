// HTTP with a service time that is known: node timed-server.mjs PORT MS. /same takes 1 ms on every server, everything else MS; /broken answers 500 if MS > 1.
import { createServer } from 'node:http';

const [port, serviceMs] = process.argv.slice(2).map(Number);

createServer((request, response) => {
  const startedAtMs = performance.now();
  const wantedMs = request.url === '/same' ? 1 : serviceMs;
  const answer = () => {
    while (performance.now() - startedAtMs < wantedMs);
    response.statusCode = request.url === '/broken' && serviceMs > 1 ? 500 : 200;
    response.end('ok\n');
  };
  if (wantedMs > 2) setTimeout(answer, wantedMs - 2);
  else answer();
}).listen(port, '0.0.0.0', () => console.log('listening'));
