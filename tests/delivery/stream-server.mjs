// Takes streams of framed requests (u32 length, payload), answers each, and prints one line per connection: peer, bytes, SHA-256 of all it received.
// Usage: node stream-server.mjs PORT DELAY_MS [JSON with { answerBytes, keepAliveMs, closesAfter, readEveryMs }]
// "pause" on standard input: nothing is read from then on; "resume".
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const [port, delayMs] = process.argv.slice(2, 4).map(Number);
const { answerBytes = 0, keepAliveMs = 0, closesAfter = 0, readEveryMs = 0 } = JSON.parse(process.argv[4] ?? '{}');
const sockets = new Set();
let isPaused = false;

createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  const hash = createHash('sha256');
  const peer = `${socket.remoteAddress?.replace('::ffff:', '')}:${socket.remotePort}`;
  let bytes = 0;
  let answers = 0;
  let waiting = Buffer.alloc(0);
  let chain = Promise.resolve();
  sockets.add(socket);
  if (isPaused) socket.pause();
  if (keepAliveMs > 0) socket.setKeepAlive(true, keepAliveMs);
  const answer = (lengthBytes) => {
    chain = chain
      .then(() => new Promise((resolve) => (delayMs > 0 ? setTimeout(resolve, delayMs) : resolve())))
      .then(() => {
        if (!socket.writable) return;
        socket.write(Buffer.alloc(answerBytes || 1 + (lengthBytes % 7000), 65));
        if (++answers === closesAfter) socket.end();
      });
  };
  socket.on('data', (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
      const lengthBytes = waiting.readUInt32BE(0);
      waiting = waiting.subarray(4 + lengthBytes);
      answer(lengthBytes);
    }
    if (readEveryMs > 0) {
      socket.pause();
      setTimeout(() => !isPaused && socket.resume(), readEveryMs);
    }
  });
  socket.on('end', () => chain.then(() => socket.end()));
  socket.on('error', () => {});
  socket.on('close', () => {
    sockets.delete(socket);
    console.log(`${peer} ${bytes} ${hash.digest('hex')}`);
  });
}).listen(port, '::', () => console.log('listening'));

createInterface({ input: process.stdin }).on('line', (word) => {
  isPaused = word === 'pause';
  for (const socket of sockets) isPaused ? socket.pause() : socket.resume();
});
