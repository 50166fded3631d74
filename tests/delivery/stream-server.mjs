// Takes streams of framed requests (u32 length, payload), answers each, and prints one line per connection: peer, bytes, SHA-256 of all it received.
// Usage: node stream-server.mjs PORT DELAY_MS
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const [port, delayMs] = process.argv.slice(2).map(Number);

createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  const hash = createHash('sha256');
  const peer = `${socket.remoteAddress?.replace('::ffff:', '')}:${socket.remotePort}`;
  let bytes = 0;
  let waiting = Buffer.alloc(0);
  let chain = Promise.resolve();
  const answer = (lengthBytes) => {
    chain = chain
      .then(() => new Promise((resolve) => (delayMs > 0 ? setTimeout(resolve, delayMs) : resolve())))
      .then(() => socket.writable && socket.write(Buffer.alloc(1 + (lengthBytes % 7000), 65)));
  };
  socket.on('data', (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
      const lengthBytes = waiting.readUInt32BE(0);
      waiting = waiting.subarray(4 + lengthBytes);
      answer(lengthBytes);
    }
  });
  socket.on('end', () => chain.then(() => socket.end()));
  socket.on('error', () => {});
  socket.on('close', () => console.log(`${peer} ${bytes} ${hash.digest('hex')}`));
}).listen(port, '::', () => console.log('listening'));
