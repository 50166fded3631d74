// The TCP connections of this host's network namespace, as its kernel lists them (proc(5), /proc/net/tcp).
import { open } from 'node:fs/promises';
import type { AddressWords } from '@parallax/wire';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const READ_BYTES = 64 << 10;
const TIME_WAIT = '06';
/** An IPv4 address as a word of the IPv6 address that stands for it (RFC 4291 §2.5.5.2). */
const MAPPED = '0000000000000000FFFF0000';

const swapped = (word: number): string => {
  const bytes = (word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff0000) | (word << 24);
  return (bytes >>> 0).toString(16).toUpperCase().padStart(8, '0');
};
const port = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');
/** In the list's own notation: words as a little-endian host reads them. */
const endOf = (address: AddressWords, number: number): string => `${[...address].map(swapped).join('')}:${port(number)}`;

export class Connections {
  readonly #known = new Set<string>();

  /** Is there one that is not over? */
  has(local: AddressWords, localPort: number, remote: AddressWords, remotePort: number): boolean {
    return this.#known.has(`${endOf(local, localPort)} ${endOf(remote, remotePort)}`);
  }

  /** One line of the list; what is none is passed over. */
  add(line: string): void {
    const [, local = '', remote = '', state = ''] = line.trimStart().split(/ +/);
    if (state.length === 2 && state !== TIME_WAIT) this.#known.add(`${whole(local)} ${whole(remote)}`);
  }
}

const whole = (end: string): string => (end.length === 13 ? MAPPED + end : end);

/** Read the lists piece by piece: other work goes on meanwhile. */
export async function readConnections(): Promise<Connections> {
  const connections = new Connections();
  for (const table of TABLES) {
    const file = await open(table).catch(() => null); // no IPv6
    if (file === null) continue;
    try {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      let rest = '';
      for (let { bytesRead } = await file.read(buffer); bytesRead > 0; { bytesRead } = await file.read(buffer)) {
        const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
        rest = lines.pop()!;
        for (const line of lines) connections.add(line);
      }
    } finally {
      await file.close();
    }
  }
  return connections;
}
