// What the two agents capture, as BPF for the kernel and as an expression for libpcap.
import { type IpWords, parseAddress, parsePort } from './address.ts';
import { Bpf, BpfAssembler, PACKET_HOST, PACKET_OUTGOING, SKF_AD_PKTTYPE, SKF_AD_PROTOCOL, SKF_AD_RANDOM } from './bpf.ts';
import type { CaptureFilter } from './contract.ts';

/** More than any packet has: keep it whole. */
export const WHOLE_BYTES = 0x40000;
/** Enough for IPv6 (40) or IPv4 with options (60) and TCP with options (60). */
export const HEADER_BYTES = 128;

/** With a last port: every port from the first to it. What one side sends from there is kept whole where somebody reads it, and its headers otherwise. */
export type FilterEndpoint = {
  readonly address: string | null;
  readonly port: number;
  readonly lastPort?: number | null | undefined;
  readonly isRead?: boolean;
};
type Side = 'src' | 'dst';

const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_IPV6 = 0x86dd;
const TCP = 6;
const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const PSH = 0x08;
/** Of the online server's bare acknowledgements, one in so many is kept (a power of two). */
const ACKS_KEPT_IN = 8;

/**
 * What the online agent needs to see of a service: whole packets that arrive for it, and of what it sends the headers
 * (`HEADER_BYTES`), or all where it is read. TCP over IPv4 and IPv6, no later fragments, no IPv6 extension headers. A null address stands for every address of
 * both families. Of the service's bare acknowledgements one in eight is taken, at random (docs/decisions/0010-kernel-filter.md).
 * Of the copies that this host injects to `targets`, the headers of those with PSH or SYN are taken too, the ends of requests: when they left is the
 * kernel's own time.
 * The expression says neither direction nor length: it may let more through than the program.
 */
export function mirrorFilter(listens: readonly FilterEndpoint[], targets: readonly FilterEndpoint[] = []): CaptureFilter {
  if (listens.length === 0) return nothing;
  const asm = new BpfAssembler();
  asm.put(Bpf.LD_B_ABS, SKF_AD_PKTTYPE);
  asm.jump(Bpf.JEQ_K, PACKET_HOST, { yes: 'incoming' });
  asm.jump(Bpf.JEQ_K, PACKET_OUTGOING, { yes: 'outgoing', no: 'drop' });
  matchEndpoints(asm.label('incoming'), listens, 'dst', 'whole');
  const read = listens.filter(({ isRead }) => isRead === true);
  const others = listens.filter((each) => !read.includes(each));
  asm.label('outgoing');
  if (read.length > 0) {
    matchEndpoints(asm, read, 'src', 'read response', 'other');
    splitBare(asm, 'read response', FIN | SYN | RST, 'whole', 'bare');
    asm.label('other');
  }
  matchEndpoints(asm, others, 'src', 'response', targets.length > 0 ? 'copies' : 'drop');
  if (targets.length > 0) {
    matchEndpoints(asm.label('copies'), targets, 'dst', 'copy');
    keepFlagged(asm, 'copy', SYN | PSH);
  }
  splitBare(asm, 'response', FIN | SYN | RST, 'headers', 'bare');
  asm
    .label('bare')
    .put(Bpf.LD_W_ABS, SKF_AD_RANDOM)
    .jump(Bpf.JSET_K, ACKS_KEPT_IN - 1, { yes: 'drop', no: 'headers' });
  asm.label('whole').ret(WHOLE_BYTES);
  asm.label('headers').ret(HEADER_BYTES);
  asm.label('drop').ret(0);
  return { program: asm.assemble(), expression: [...expressions(listens, 'dst'), ...expressions(listens, 'src'), ...expressions(targets, 'dst')].join(' or ') };
}

/**
 * What the assistant needs to see of the targets: the headers (`HEADER_BYTES`) of every TCP packet that one of them sent, or all of it where it is read, in
 * any direction, so that an assistant on the target itself works too. Same limits as `mirrorFilter`.
 */
export function answersFilter(targets: readonly FilterEndpoint[]): CaptureFilter {
  if (targets.length === 0) return nothing;
  const asm = new BpfAssembler();
  const read = targets.filter(({ isRead }) => isRead === true);
  if (read.length > 0) {
    matchEndpoints(asm, read, 'src', 'whole', 'other');
    asm.label('whole').ret(WHOLE_BYTES);
    asm.label('other');
  }
  matchEndpoints(
    asm,
    targets.filter((each) => !read.includes(each)),
    'src',
    'headers',
  );
  asm.label('headers').ret(HEADER_BYTES);
  asm.label('drop').ret(0);
  return { program: asm.assemble(), expression: expressions(targets, 'src').join(' or ') };
}

const nothing: CaptureFilter = { program: [[Bpf.RET_K, 0, 0, 0]], expression: 'less 0' };

/** Jump to `accept` if the packet's source or destination is one of the endpoints, to `refuse` if not. Never falls through. */
export function matchEndpoints(asm: BpfAssembler, endpoints: readonly FilterEndpoint[], side: Side, accept: string, refuse = 'drop'): void {
  const ipv6 = asm.fresh();
  asm.put(Bpf.LD_H_ABS, SKF_AD_PROTOCOL);
  asm.jump(Bpf.JEQ_K, ETHERTYPE_IPV6, { yes: ipv6 });
  asm.jump(Bpf.JEQ_K, ETHERTYPE_IPV4, { no: 'drop' });

  asm.put(Bpf.LD_B_ABS, 9).jump(Bpf.JEQ_K, TCP, { no: 'drop' });
  asm.put(Bpf.LD_H_ABS, 6).jump(Bpf.JSET_K, 0x1fff, { yes: 'drop' }); // a later fragment has no ports
  asm.put(Bpf.LDX_B_MSH, 0);
  asm.put(Bpf.LD_H_IND, side === 'src' ? 0 : 2);
  matchPorts(asm, endpoints, 4, side, accept, refuse);

  asm.label(ipv6);
  asm.put(Bpf.LD_B_ABS, 6).jump(Bpf.JEQ_K, TCP, { no: 'drop' });
  asm.put(Bpf.LD_H_ABS, side === 'src' ? 40 : 42);
  matchPorts(asm, endpoints, 6, side, accept, refuse);
}

/** At a label: to `full` if the packet has payload or one of the flags, else to `bare`. Never falls through. */
function splitBare(asm: BpfAssembler, label: string, flags: number, full: string, bare: string): void {
  const ipv6 = asm.fresh();
  asm.label(label).put(Bpf.LD_H_ABS, SKF_AD_PROTOCOL).jump(Bpf.JEQ_K, ETHERTYPE_IPV6, { yes: ipv6 });
  asm.put(Bpf.LDX_B_MSH, 0).put(Bpf.LD_B_IND, 13).jump(Bpf.JSET_K, flags, { yes: full });
  asm.put(Bpf.LD_B_IND, 12).put(Bpf.AND_K, 0xf0).put(Bpf.RSH_K, 2).put(Bpf.ADD_X, 0).put(Bpf.TAX, 0); // IP and TCP header, bytes
  asm.put(Bpf.LD_H_ABS, 2).jump(Bpf.JEQ_X, 0, { yes: bare, no: full });
  asm.label(ipv6).put(Bpf.LD_B_ABS, 53).jump(Bpf.JSET_K, flags, { yes: full });
  asm.put(Bpf.LD_B_ABS, 52).put(Bpf.AND_K, 0xf0).put(Bpf.RSH_K, 2).put(Bpf.TAX, 0);
  asm.put(Bpf.LD_H_ABS, 4).jump(Bpf.JEQ_X, 0, { yes: bare, no: full });
}

/** At `label`: to `headers` with one of the flags, else to `drop`. */
function keepFlagged(asm: BpfAssembler, label: string, flags: number): void {
  const ipv6 = asm.fresh();
  asm.label(label).put(Bpf.LD_H_ABS, SKF_AD_PROTOCOL).jump(Bpf.JEQ_K, ETHERTYPE_IPV6, { yes: ipv6 });
  asm.put(Bpf.LDX_B_MSH, 0).put(Bpf.LD_B_IND, 13).jump(Bpf.JSET_K, flags, { yes: 'headers', no: 'drop' });
  asm.label(ipv6).put(Bpf.LD_B_ABS, 53).jump(Bpf.JSET_K, flags, { yes: 'headers', no: 'drop' });
}

/** With the port in A: one or two comparisons for each range of ports, then one per address there. */
function matchPorts(asm: BpfAssembler, endpoints: readonly FilterEndpoint[], family: 4 | 6, side: Side, accept: string, refuse: string): void {
  const ranges = portRanges(endpoints, family).map((range) => ({ ...range, label: asm.fresh() }));
  for (const { first, last, label } of ranges) {
    if (first === last) asm.jump(Bpf.JEQ_K, first, { yes: label });
    else {
      const next = asm.fresh();
      asm.jump(Bpf.JGE_K, first, { no: next }).jump(Bpf.JGT_K, last, { no: label }).label(next);
    }
  }
  asm.goto(refuse);
  for (const { addresses, label } of ranges) {
    asm.label(label);
    if (addresses.includes(null)) asm.goto(accept);
    else matchAddresses(asm, addresses as IpWords[], side, accept, refuse);
  }
}

type PortRange = { first: number; last: number; addresses: (IpWords | null)[] };

/** Disjoint ranges of ports with the addresses that matter there; neighbours of the same addresses are one range. */
function portRanges(endpoints: readonly FilterEndpoint[], family: 4 | 6): PortRange[] {
  const starting = new Map<number, { last: number; words: IpWords | null }[]>();
  const bounds = new Set<number>();
  for (const { address, port, lastPort } of endpoints) {
    const words = address === null ? null : parseAddress(address);
    if (words !== null && words.family !== family) continue;
    const last = parsePort(lastPort ?? port);
    starting.set(parsePort(port), [...(starting.get(port) ?? []), { last, words }]);
    bounds.add(port).add(last + 1);
  }
  const ranges: PortRange[] = [];
  let open: { last: number; words: IpWords | null }[] = [];
  const sorted = [...bounds].sort((a, b) => a - b);
  for (const [index, first] of sorted.entries()) {
    open = [...open.filter(({ last }) => last >= first), ...(starting.get(first) ?? [])];
    if (open.length === 0) continue;
    const addresses = open.map(({ words }) => words);
    const last = sorted[index + 1]! - 1;
    const before = ranges.at(-1);
    if (before?.last === first - 1 && nameOf(before.addresses) === nameOf(addresses)) before.last = last;
    else ranges.push({ first, last, addresses });
  }
  return ranges;
}

const nameOf = (addresses: readonly (IpWords | null)[]): string => [...new Set(addresses.map((each) => each?.words.join() ?? '*'))].sort().join(' ');

function matchAddresses(asm: BpfAssembler, addresses: readonly IpWords[], side: Side, accept: string, refuse: string): void {
  if (addresses[0]!.family === 4) {
    asm.put(Bpf.LD_W_ABS, side === 'src' ? 12 : 16);
    for (const { words } of addresses) asm.jump(Bpf.JEQ_K, words[3], { yes: accept });
  } else {
    for (const { words } of addresses) {
      const other = asm.fresh();
      // The last word first: it differs most often.
      for (const index of [3, 2, 1, 0]) {
        asm.put(Bpf.LD_W_ABS, (side === 'src' ? 8 : 24) + index * 4);
        asm.jump(Bpf.JEQ_K, words[index]!, index === 0 ? { yes: accept, no: other } : { no: other });
      }
      asm.label(other);
    }
  }
  asm.goto(refuse);
}

/** The endpoints of one side in libpcap's language, to be joined by `or`. */
export function expressions(endpoints: readonly FilterEndpoint[], side: Side): string[] {
  return endpoints.map(({ address, port, lastPort }) => {
    const ports = lastPort === undefined || lastPort === null || lastPort === port ? `tcp ${side} port ${port}` : `tcp ${side} portrange ${port}-${lastPort}`;
    return address === null ? `(${ports})` : `(${side} host ${address} and ${ports})`;
  });
}
