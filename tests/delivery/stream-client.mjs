// Random sessions from one seed: requests of 1 byte to 200 KB, one to eight of them, in writes of random size, sometimes pipelined, sometimes half closed
// early, sometimes reset at the end, read slowly by some.
// Usage: node stream-client.mjs HOST PORT SESSIONS AT_ONCE SEED; prints "done N" when every session has had every answer.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [host, ...numbers] = process.argv.slice(2);
const [port, sessions, atOnce, seed] = numbers.map(Number);
let state = seed >>> 0;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const below = (limit) => Math.floor(random() * limit);
const sizes = [16, 400, 3000, 20_000, 200_000];

async function session(index) {
  const requests = Array.from({ length: 1 + below(8) }, () => {
    const lengthBytes = 1 + below(sizes[below(sizes.length)]);
    const frame = Buffer.alloc(4 + lengthBytes, (index * 31 + below(256)) & 255);
    frame.writeUInt32BE(lengthBytes, 0);
    for (let at = 4; at < frame.length; at += 97) frame[at] = below(256);
    return frame;
  });
  const isPipelined = random() < 0.25;
  const closesEarly = random() < 0.3;
  const resets = !closesEarly && random() < 0.2;
  const readsSlowly = random() < 0.1;
  const socket = connect({ host, port, localAddress: host.includes(':') ? undefined : `10.90.0.${10 + below(10)}`, noDelay: true, allowHalfOpen: true });
  const wanted = requests.reduce((sum, frame) => sum + 1 + ((frame.length - 4) % 7000), 0);
  let got = 0;
  let wake = () => {};
  socket.on('data', (chunk) => {
    got += chunk.length;
    wake();
    if (!readsSlowly) return;
    socket.pause();
    setTimeout(() => socket.resume(), 5);
  });
  const ended = new Promise((resolve, reject) => {
    socket.on('end', resolve);
    socket.on('error', reject);
  });
  const until = async (bytes) => {
    while (got < bytes) await new Promise((resolve) => (wake = resolve));
  };
  let due = 0;
  for (const [at, frame] of requests.entries()) {
    const cut = below(frame.length);
    const isCut = random() < 0.4;
    if (isCut) {
      socket.write(frame.subarray(0, cut));
      if (random() < 0.5) await sleep(below(8));
      socket.write(frame.subarray(cut));
    } else socket.write(frame);
    due += 1 + ((frame.length - 4) % 7000);
    if (closesEarly && at === requests.length - 1) socket.end();
    if (!isPipelined) await until(due);
    if (random() < 0.2) await sleep(below(15));
  }
  await until(wanted);
  if (resets) {
    socket.resetAndDestroy();
    ended.catch(() => {});
    return got === wanted;
  }
  if (!closesEarly) socket.end();
  await ended;
  socket.destroy();
  return got === wanted;
}

let next = 0;
let good = 0;
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (next < sessions) if (await session(next++)) good++;
  }),
);
console.log(`done ${good}`);
