// An HTTP server that says what it got, one line for each whole request: its path, its bytes and their SHA-256; `broken` for what is no request.
// Usage: node keep-alive-server.mjs PORT
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const hash = createHash('sha256');
  let bytes = 0;
  request.on('data', (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  request.on('end', () => {
    console.log(`${request.url} ${bytes} ${hash.digest('hex').slice(0, 16)}`);
    response.end('ok\n');
  });
});
server.on('clientError', (error, socket) => {
  if (error.code !== 'ECONNRESET') console.log(`broken ${error.code}`);
  socket.destroy();
});
server.keepAliveTimeout = 0;
server.listen(Number(process.argv[2]), '::', () => console.log('listening'));
