// tcpdump on a host of the lab, which ends once it has read all that its kernel had for it.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, type Lab, waitUntil } from '@parallax/lab';

/** What is under way when a recording ends still arrives. */
const UNDER_WAY_MS = 100;
/** What came while the filter was being set was given to tcpdump and is not captured: then its figures never meet. */
const QUIET_MS = 1500;

/**
 * Record what passes a filter on a host's interface. It says that it listens when its filter is set. `end` gives the capture file's bytes; throws if
 * tcpdump's kernel lost some. `options`: -s, -B and the like; without
 * --immediate-mode its kernel hands packets over once a second, which costs a busy machine less.
 */
export async function startTcpdump(lab: Lab, host: Host, filter: string, options: readonly string[]): Promise<{ end(): Promise<Uint8Array> }> {
  const path = join(lab.dir, `${host}-${randomBytes(3).toString('hex')}.pcap`);
  const argv = ['tcpdump', '-i', 'eth0', '-w', path, ...options, filter];
  const child = lab.spawn(host, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  await waitUntil(() => words.includes('listening on'), { what: `tcpdump listens on ${host}` });

  /** Captured so far, and whether that is all that the kernel gave it. */
  async function figures(): Promise<{ captured: number; isAll: boolean }> {
    const from = words.length;
    child.kill('SIGUSR1'); // asks for them (tcpdump(1))
    const pattern = /(\d+) packets? captured, (\d+) packets? received by filter, (\d+) packets? dropped by kernel/;
    const said = await waitUntil(() => pattern.exec(words.slice(from)) ?? undefined, { what: `tcpdump on ${host} tells its figures`, timeoutMs: 30_000 });
    const [captured, received, dropped] = said.slice(1).map(Number) as [number, number, number];
    return { captured, isAll: captured + dropped >= received };
  }

  return {
    end: async () => {
      await new Promise((resolve) => setTimeout(resolve, UNDER_WAY_MS));
      let captured = -1;
      let quietSinceMs = performance.now();
      for (;;) {
        const now = await figures();
        if (now.captured !== captured) quietSinceMs = performance.now();
        captured = now.captured;
        if (now.isAll || performance.now() - quietSinceMs > QUIET_MS) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      child.kill('SIGINT');
      await gone;
      if (!/^0 packets dropped by kernel/m.test(words)) throw new Error(`tcpdump on ${host} itself lost packets: ${words.slice(-200)}`);
      return readFileSync(path);
    },
  };
}
