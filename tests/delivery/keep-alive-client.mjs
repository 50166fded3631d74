// Clients that keep their connections.
//   node keep-alive-client.mjs HOST PORT upload BYTES COUNT [expect]    one that stops in the middle of an upload until a line comes on stdin, then asks COUNT times more
//   node keep-alive-client.mjs HOST PORT load CONNECTIONS PAUSE_MS      some that ask again and again until stdin ends
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const [host, port, mode, ...words] = process.argv.slice(2);
const [first, second] = words.map(Number);
const stdin = createInterface({ input: process.stdin });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A connection on which one request is asked at a time. */
function open() {
  const socket = connect({ host, port: Number(port), noDelay: true });
  let onAnswer = () => {};
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (!/^HTTP\/1.1 100 Continue\r\n\r\n$|\r\n\r\nok\n$/.test(text)) return;
    text = '';
    onAnswer();
  });
  const answer = () =>
    new Promise((resolve) => {
      onAnswer = resolve;
    });
  const header = (path, bytes, more = '') => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n${more}\r\n`;
  const say = async (...parts) => {
    const answered = answer();
    for (const part of parts) socket.write(part);
    await answered;
  };
  const post = (path, bytes) => say(header(path, bytes), randomBytes(bytes));
  return new Promise((resolve) => socket.once('connect', () => resolve({ socket, header, say, post })));
}

async function upload() {
  const { socket, header, say, post } = await open();
  const isExpecting = words[2] === 'expect';
  const body = randomBytes(first);
  await post('/before', 10);
  if (!isExpecting) {
    socket.write(header('/upload', first));
    await new Promise((resolve) => socket.write(body.subarray(0, first / 2), resolve));
  }
  console.log('half');
  await new Promise((resolve) => stdin.once('line', resolve));
  if (isExpecting) await say(header('/upload', first, 'Expect: 100-continue\r\n'));
  await say(isExpecting ? body : body.subarray(first / 2));
  for (let count = 0; count < second; count++) await post(`/${count}`, count * 1000);
  socket.end();
}

async function load() {
  let isOver = false;
  stdin.once('close', () => {
    isOver = true;
  });
  const ask = async (connection) => {
    const { socket, post } = await open();
    for (let count = 0; !isOver; count++) {
      await post(`/${connection}/${count}`, 100);
      await pause(second);
    }
    socket.end();
  };
  console.log('asking');
  await Promise.all(Array.from({ length: first }, (_, connection) => ask(connection)));
}

await (mode === 'upload' ? upload() : load());
console.log('done');
process.exit();
