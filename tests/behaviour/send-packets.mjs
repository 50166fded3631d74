// Sends ready-made IPv4 packets through a raw socket. Usage: node send-packets.mjs DESTINATION HEX...
import koffi from 'koffi';

const [destination, ...packets] = process.argv.slice(2);
const libc = koffi.load(null);
const [AF_INET, SOCK_RAW, IPPROTO_RAW] = [2, 3, 255];
const fd = libc.func('int socket(int, int, int)')(AF_INET, SOCK_RAW, IPPROTO_RAW);
const sendto = libc.func('intptr_t sendto(int, void *, size_t, int, void *, uint32_t)');
const to = Buffer.alloc(16);
to.writeUInt16LE(AF_INET, 0);
for (const [index, part] of destination.split('.').entries()) to[4 + index] = Number(part);
for (const hex of packets) {
  const packet = Buffer.from(hex, 'hex');
  if (sendto(fd, packet, packet.length, 0, to, 16) < 0) throw new Error(`sendto failed with errno ${koffi.errno()}`);
}
