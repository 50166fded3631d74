// What an agent tells the console about its host.
import { readFileSync } from 'node:fs';
import { arch, cpus, hostname, networkInterfaces, release, totalmem, type } from 'node:os';
import type { HostFacts, HostInterface } from '@parallax/protocol';
import { interfaceNames, isUp, mtuOf } from './interfaces.ts';

// capability(7); the bit is the position.
const capabilityNames =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
    .split(' ')
    .map((name) => `CAP_${name}`);

/** Only those that an agent's work can depend on. */
const relevantSysctls = [
  'net.ipv4.ip_forward',
  'net.ipv6.conf.all.forwarding',
  'net.ipv4.conf.all.rp_filter',
  'net.ipv4.conf.all.send_redirects',
  'net.ipv4.conf.all.accept_redirects',
  'net.core.rmem_max',
  'net.core.wmem_max',
];

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
};

/** Effective capabilities of this process, as CAP_NET_RAW; empty where the kernel does not say. */
export function heldCapabilities(): string[] {
  const line = read('/proc/self/status')?.match(/^CapEff:\s*([0-9a-f]+)$/m);
  if (line === null || line === undefined) return [];
  const bits = BigInt(`0x${line[1]}`);
  return capabilityNames.filter((_, index) => ((bits >> BigInt(index)) & 1n) === 1n);
}

/** A sysctl by its dotted key; null if this kernel or namespace lacks it. */
export const sysctl = (key: string): string | null => read(`/proc/sys/${key.replaceAll('.', '/')}`);

const osName = (): string => read('/etc/os-release')?.match(/^PRETTY_NAME="?(.*?)"?$/m)?.[1] ?? type();

function hostInterfaces(): HostInterface[] {
  const addresses = networkInterfaces();
  return interfaceNames().map((name) => ({
    name,
    up: isUp(name),
    mtuBytes: mtuOf(name),
    mac: addresses[name]?.[0]?.mac ?? null,
    addresses: (addresses[name] ?? []).map((each) => ({
      address: each.address,
      prefixBits: Number(each.cidr?.split('/')[1] ?? (each.family === 'IPv4' ? 32 : 128)),
    })),
  }));
}

/** Read now; never throws. */
export function hostFacts(): HostFacts {
  return {
    hostname: hostname(),
    os: osName(),
    kernel: release(),
    architecture: arch(),
    nodeVersion: process.versions.node,
    cpus: cpus().length,
    memoryBytes: totalmem(),
    interfaces: hostInterfaces(),
    capabilities: heldCapabilities(),
    sysctls: Object.fromEntries(relevantSysctls.flatMap((key) => (sysctl(key) === null ? [] : [[key, sysctl(key)!]]))),
  };
}
