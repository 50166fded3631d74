// Keep-alive requests at a steady pace, one outstanding per connection: node timed-client.mjs HOST PORT REQUESTS_PER_SECOND SECONDS
import { Agent, request } from 'node:http';

const [host, port, ratePerSecond, seconds] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const asked = [
  ['GET', '/orders/%d'],
  ['POST', '/orders'],
  ['GET', '/same'],
  ['GET', '/broken'],
];
let failed = 0;
let open = 0;
let sent = 0;
const ticker = setInterval(() => {
  const [method, path] = asked[sent % asked.length];
  open++;
  const done = () => {
    if (--open > 0 || sent < ratePerSecond * seconds) return;
    console.log(JSON.stringify({ sent, failed }));
    process.exit(0);
  };
  const one = request({ host, port, method, path: path.replace('%d', String(1000 + sent)), agent }, (response) => response.resume().on('end', done));
  one.on('error', () => {
    failed++;
    done();
  });
  one.end(method === 'POST' ? 'an order' : undefined);
  if (++sent === ratePerSecond * seconds) clearInterval(ticker);
}, 1000 / ratePerSecond);
