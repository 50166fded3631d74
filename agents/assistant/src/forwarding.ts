// A host that forwards would send the target's answers on to the real clients (tcp-behaviour row 42).
import { readFileSync } from 'node:fs';

const keys = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'] as const;

/** A sysctl is on in the network namespace of this process; one that the kernel lacks is not. */
function isOn(key: string): boolean {
  try {
    return readFileSync(`/proc/sys/${key.replaceAll('.', '/')}`, 'latin1').startsWith('1');
  } catch {
    return false;
  }
}

/** Null if this host forwards nothing; else a sentence that names the sysctls, and how to end it. */
export function whyForwarding(): { text: string; remedy: string } | null {
  const on = keys.filter(isOn);
  if (on.length === 0) return null;
  return {
    text: `this host forwards packets (${on.join(', ')} is 1), so the target's answers would reach the real clients`,
    remedy: `set it to 0 (sysctl -w ${on[0]}=0)`,
  };
}
