// The kernel's own counters of one host (SNMP and TcpExt, nstat(8)): what a test can say about segments without recording them.
import type { Lab } from './lab.ts';
import type { Host } from './names.ts';

/** Counters by the kernel's names, cumulative since the host was made: `TcpRetransSegs`, `TcpExtPAWSEstab`. One the kernel does not know is 0. */
export type KernelCounters = (name: string) => number;

/** Read all of them now. */
export async function kernelCounters(lab: Lab, host: Host): Promise<KernelCounters> {
  const { kernel } = JSON.parse(await lab.mustExec(host, ['nstat', '--json', '-asz'])) as { kernel: Record<string, number> };
  return (name) => kernel[name] ?? 0;
}

/** How much each of them grew while `body` ran. */
export async function growthOf(lab: Lab, host: Host, body: () => Promise<unknown>): Promise<KernelCounters> {
  const before = await kernelCounters(lab, host);
  await body();
  const after = await kernelCounters(lab, host);
  return (name) => after(name) - before(name);
}
