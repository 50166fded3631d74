// Opens connections, says one line on each, waits until all are answered, and keeps them until standard input ends; every line read there is one more
// line said on each. node line-client.mjs '{"host","port","ends":[["10.90.0.10",4000],...]}'; port 0: any. Prints "answered N" when all are, at the end "ended".
import { connect } from 'node:net';

const { host, port, ends, prefix = 'line' } = JSON.parse(process.argv[2]);
let answered = 0;
let round = 0;
const sockets = ends.map(([localAddress, localPort], index) => {
  const socket = connect({ host, port, localAddress, ...(localPort > 0 ? { localPort } : {}), noDelay: true });
  socket.on('connect', () => socket.write(`${prefix} ${index}\n`));
  socket.on('data', () => ++answered % ends.length === 0 && console.log(`answered ${answered}`));
  socket.on('error', (error) => console.log(`failed ${error.message}`));
  return socket;
});
process.stdin
  .on('data', () => {
    round++;
    for (const [index, socket] of sockets.entries()) socket.write(`${prefix} ${index} again ${round}\n`);
  })
  .on('end', () => {
    for (const socket of sockets) socket.end();
    console.log('ended');
    setTimeout(() => process.exit(0), 200);
  });
