// Answers every line with "ok", keeps connections open, and prints its counts as a JSON line five times a second: node counting-server.mjs PORT
import { createServer } from 'node:net';

const figures = { accepted: 0, open: 0, most: 0, lines: 0, broken: 0 };
const times = new Map(); // how often each line came
createServer({ noDelay: true }, (socket) => {
  figures.accepted++;
  figures.open++;
  figures.most = Math.max(figures.most, figures.open);
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      figures.lines++;
      times.set(line, (times.get(line) ?? 0) + 1);
    }
    socket.write('ok\n'.repeat(lines.length));
  });
  socket.on('error', () => figures.broken++);
  socket.on('close', () => figures.open--);
}).listen({ port: Number(process.argv[2]), host: '0.0.0.0', backlog: 16_384 }, () => console.log('listening'));
setInterval(() => {
  const counts = [...times.values()];
  console.log(JSON.stringify({ ...figures, different: counts.length, least: Math.min(...counts, Infinity), times: Math.max(...counts, 0) }));
}, 200);
