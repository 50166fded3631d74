// A TCP client at the kernel's own interface, for socket options that node:net does not know. Requests are frames: u32 length, then so many bytes.
// Usage: node kernel-client.mjs JSON with { host, port, localAddress, localPort, protocol, options: [[level, name, value]], steps }; IPv4 only.
// Steps: ["connect"], ["send", BYTES] one frame, ["receive", BYTES], ["sleep", MS], ["pause"] until a line on stdin, ["shutdown"] half close, ["reset"], ["end"] wait for the server's end, ["close"].
// Prints the local port when connected, "paused" and "done" at the end; any failure is an error with the name of the call.
import { readSync } from 'node:fs';
import koffi from 'koffi';

const job = JSON.parse(process.argv[2]);
const libc = koffi.load(null);
const call = (declaration) => {
  const run = libc.func(declaration);
  const name = /(\w+)\(/.exec(declaration)[1];
  return (...args) => {
    const result = run(...args);
    if (result < 0) throw new Error(`${name} failed with errno ${koffi.errno()}`);
    return result;
  };
};
const socket = call('int socket(int, int, int)');
const bind = call('int bind(int, void *, uint32_t)');
const connect = call('int connect(int, void *, uint32_t)');
const setsockopt = call('int setsockopt(int, int, int, void *, uint32_t)');
const getsockname = call('int getsockname(int, _Out_ void *, _Inout_ void *)');
const send = call('intptr_t send(int, void *, size_t, int)');
const receive = call('intptr_t recv(int, _Out_ void *, size_t, int)');
const shutdown = call('int shutdown(int, int)');
const close = call('int close(int)');

const [AF_INET, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR, SO_LINGER, SHUT_WR, MSG_NOSIGNAL] = [2, 1, 1, 2, 13, 1, 0x4000];
const sockaddrIn = (address, port) => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  for (const [index, part] of address.split('.').entries()) bytes[4 + index] = Number(part);
  return bytes;
};
const ints = (...values) => Buffer.from(Int32Array.from(values).buffer);

const fd = socket(AF_INET, SOCK_STREAM, job.protocol ?? 0);
setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ints(1), 4);
for (const [level, name, value] of job.options ?? []) setsockopt(fd, level, name, ints(value), 4);
if (job.localAddress !== undefined || job.localPort !== undefined) bind(fd, sockaddrIn(job.localAddress ?? '0.0.0.0', job.localPort ?? 0), 16);

function sendAll(bytes) {
  for (let at = 0; at < bytes.length; ) at += send(fd, bytes.subarray(at), bytes.length - at, MSG_NOSIGNAL);
}
function receiveSome(limitBytes) {
  return receive(fd, Buffer.alloc(Math.min(limitBytes, 65_536)), Math.min(limitBytes, 65_536), 0);
}
const steps = {
  connect() {
    connect(fd, sockaddrIn(job.host, job.port), 16);
    const local = Buffer.alloc(16);
    getsockname(fd, local, ints(16));
    console.log(local.readUInt16BE(2));
  },
  send(lengthBytes) {
    const frame = Buffer.alloc(4 + lengthBytes);
    frame.writeUInt32BE(lengthBytes);
    for (let at = 4; at < frame.length; at++) frame[at] = (at * 31 + (at >> 8) * 7) & 0xff;
    sendAll(frame);
  },
  receive(wantedBytes) {
    for (let leftBytes = wantedBytes; leftBytes > 0; ) {
      const bytes = receiveSome(leftBytes);
      if (bytes === 0) throw new Error(`the server ended ${leftBytes} bytes too early`);
      leftBytes -= bytes;
    }
  },
  sleep: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  pause() {
    console.log('paused');
    readSync(0, Buffer.alloc(80));
  },
  shutdown: () => shutdown(fd, SHUT_WR),
  end() {
    while (receiveSome(65_536) > 0);
  },
  reset() {
    setsockopt(fd, SOL_SOCKET, SO_LINGER, ints(1, 0), 8);
    close(fd);
  },
  close: () => close(fd),
};
for (const [name, argument] of job.steps) steps[name](argument);
console.log('done');
