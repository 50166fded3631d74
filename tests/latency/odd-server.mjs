// A server that misbehaves when it is asked to: node odd-server.mjs SIDE PORT. Of each connection it looks at the first line only.
//   GET /reset-SIDE, GET /reset-both   it resets the connection
//   GET /odd-SIDE                      it answers something that is not HTTP
//   GET …                              an answer; the client ends the connection
//   anything else                      a greeting
import { createServer } from 'node:net';

const [side, port] = process.argv.slice(2);

createServer({ allowHalfOpen: false }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', (bytes) => {
    const [method, path] = bytes.toString('latin1').split(' ');
    if (path === `/reset-${side}` || path === '/reset-both') socket.resetAndDestroy();
    else if (path === `/odd-${side}`) socket.write('this is not HTTP\r\n\r\n');
    else socket.write(method === 'GET' ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' : '250 hello\r\n');
  });
}).listen(Number(port), '0.0.0.0', () => console.log('listening'));
