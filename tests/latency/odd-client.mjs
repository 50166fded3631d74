// Connections one after the other, each with one line and ended by the client when it is answered: node odd-client.mjs HOST PORT COUNT WORDS
// Prints how many were answered, and how many were refused or reset.
import { connect } from 'node:net';

const [host, port, count, words] = process.argv.slice(2);

const ask = () =>
  new Promise((done) => {
    let outcome = 'reset';
    const socket = connect(Number(port), host, () => socket.write(`${words} HTTP/1.1\r\nHost: odd\r\n\r\n`));
    socket.setNoDelay(true);
    socket.once('data', () => {
      outcome = 'answered';
      setTimeout(() => socket.end(), 20); // its copy is answered by then
    });
    socket.on('error', () => {});
    socket.once('close', () => done(outcome));
  });

const outcomes = { answered: 0, reset: 0 };
for (let nth = 0; nth < Number(count); nth++) outcomes[await ask()]++;
console.log(JSON.stringify(outcomes));
