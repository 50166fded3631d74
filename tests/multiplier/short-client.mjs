// Opens `count` connections, `atATime` at once, from the addresses in turn; each says a line, waits for its answer and ends, and `pauseMs` later
// comes the next. Prints "answered N": node short-client.mjs '{"host","port","count","addresses":[...],"atATime","pauseMs","prefix"}'
import { connect } from 'node:net';

const { host, port, count, addresses, atATime, pauseMs, prefix } = JSON.parse(process.argv[2]);
let [begun, ended, answered] = [0, 0, 0];

function next() {
  if (begun >= count) return;
  const index = begun++;
  const socket = connect({ host, port, localAddress: addresses[index % addresses.length], noDelay: true });
  socket.on('connect', () => socket.write(`${prefix} ${index}\n`));
  socket.on('data', () => {
    answered++;
    socket.end();
  });
  socket.on('error', (error) => console.log(`failed ${error.message}`));
  socket.on('close', () => (++ended === count ? console.log(`answered ${answered}`) : setTimeout(next, pauseMs)));
}
for (let index = 0; index < atATime; index++) next();
