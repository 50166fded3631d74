// Answers every line with "ok", keeps connections open, and prints its counts as a JSON line five times a second: node counting-server.mjs PORT [LASTPORT]
import { createServer } from 'node:net';

const [first, last = first] = process.argv.slice(2).map(Number);
const figures = { accepted: 0, open: 0, most: 0, lines: 0, broken: 0 };
const times = new Map(); // how often each line came
const from = {}; // connections by address

function serve(socket) {
  figures.accepted++;
  figures.open++;
  figures.most = Math.max(figures.most, figures.open);
  from[socket.remoteAddress] = (from[socket.remoteAddress] ?? 0) + 1;
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      figures.lines++;
      times.set(line, (times.get(line) ?? 0) + 1);
    }
    if (lines.length > 0) socket.write('ok\n'.repeat(lines.length));
  });
  socket.on('error', () => figures.broken++);
  socket.on('close', () => figures.open--);
}
for (let port = first; port <= last; port++) createServer({ noDelay: true }, serve).listen({ port, host: '0.0.0.0', backlog: 16_384 });
setInterval(() => {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const count of times.values()) {
    least = Math.min(least, count);
    most = Math.max(most, count);
  }
  console.log(JSON.stringify({ ...figures, different: times.size, least, times: most, from }));
}, 200);
