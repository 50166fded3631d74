// What the two agents capture, as BPF for the kernel and as an expression for libpcap.
import { type IpWords, parseAddress, parsePort } from './address.ts';
import { Bpf, BpfAssembler, PACKET_HOST, PACKET_OUTGOING, SKF_AD_PKTTYPE, SKF_AD_PROTOCOL } from './bpf.ts';
import type { CaptureFilter } from './contract.ts';

/** More than any packet has: keep it whole. */
export const WHOLE_BYTES = 0x40000;
/** Enough for IPv6 (40) or IPv4 with options (60) and TCP with options (60). */
export const HEADER_BYTES = 128;

type Endpoint = { readonly address: string | null; readonly port: number };
type Side = 'src' | 'dst';

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const TCP = 6;

/**
 * What the online agent needs to see of a service: whole packets that arrive for it, and the headers (`HEADER_BYTES`) of what
 * it sends. TCP over IPv4 and IPv6, no later fragments, no IPv6 extension headers. A null address stands for every address of
 * both families. Copies that this host injects leave it towards a destination port, never from a listening one: not captured.
 * The expression says neither direction nor length: it may let more through than the program.
 */
export function mirrorFilter(listens: readonly Endpoint[]): CaptureFilter {
  if (listens.length === 0) return nothing;
  const asm = new BpfAssembler();
  asm.put(Bpf.LD_B_ABS, SKF_AD_PKTTYPE);
  asm.jump(Bpf.JEQ_K, PACKET_HOST, { yes: 'incoming' });
  asm.jump(Bpf.JEQ_K, PACKET_OUTGOING, { yes: 'outgoing', no: 'drop' });
  matchEndpoints(asm.label('incoming'), listens, 'dst', 'whole');
  matchEndpoints(asm.label('outgoing'), listens, 'src', 'headers');
  asm.label('whole').ret(WHOLE_BYTES);
  asm.label('headers').ret(HEADER_BYTES);
  asm.label('drop').ret(0);
  return { program: asm.assemble(), expression: [...expressions(listens, 'dst'), ...expressions(listens, 'src')].join(' or ') };
}

/**
 * What the assistant needs to see of the targets: the headers (`HEADER_BYTES`) of every TCP packet that one of them sent, in
 * any direction, so that an assistant on the target itself works too. Same limits as `mirrorFilter`.
 */
export function answersFilter(targets: readonly { address: string; port: number }[]): CaptureFilter {
  if (targets.length === 0) return nothing;
  const asm = new BpfAssembler();
  matchEndpoints(asm, targets, 'src', 'headers');
  asm.label('headers').ret(HEADER_BYTES);
  asm.label('drop').ret(0);
  return { program: asm.assemble(), expression: expressions(targets, 'src').join(' or ') };
}

const nothing: CaptureFilter = { program: [[Bpf.RET_K, 0, 0, 0]], expression: 'less 0' };

/** Jump to `accept` if the packet's source or destination is one of the endpoints, to `drop` if not. Never falls through. */
function matchEndpoints(asm: BpfAssembler, endpoints: readonly Endpoint[], side: Side, accept: string): void {
  const ipv6 = asm.fresh();
  asm.put(Bpf.LD_H_ABS, SKF_AD_PROTOCOL);
  asm.jump(Bpf.JEQ_K, ETHERTYPE_IPV6, { yes: ipv6 });
  asm.jump(Bpf.JEQ_K, ETHERTYPE_IPV4, { no: 'drop' });

  asm.put(Bpf.LD_B_ABS, 9).jump(Bpf.JEQ_K, TCP, { no: 'drop' });
  asm.put(Bpf.LD_H_ABS, 6).jump(Bpf.JSET_K, 0x1fff, { yes: 'drop' }); // a later fragment has no ports
  asm.put(Bpf.LDX_B_MSH, 0);
  asm.put(Bpf.LD_H_IND, side === 'src' ? 0 : 2);
  matchPorts(asm, endpoints, 4, side, accept);

  asm.label(ipv6);
  asm.put(Bpf.LD_B_ABS, 6).jump(Bpf.JEQ_K, TCP, { no: 'drop' });
  asm.put(Bpf.LD_H_ABS, side === 'src' ? 40 : 42);
  matchPorts(asm, endpoints, 6, side, accept);
}

/** With the port in A: one comparison per port, then one per address on that port. */
function matchPorts(asm: BpfAssembler, endpoints: readonly Endpoint[], family: 4 | 6, side: Side, accept: string): void {
  const byPort = new Map<number, (IpWords | null)[]>();
  for (const { address, port } of endpoints) {
    const words = address === null ? null : parseAddress(address);
    if (words !== null && words.family !== family) continue;
    byPort.set(parsePort(port), [...(byPort.get(port) ?? []), words]);
  }
  const labels = new Map([...byPort.keys()].map((port) => [port, asm.fresh()]));
  for (const [port, label] of labels) asm.jump(Bpf.JEQ_K, port, { yes: label });
  asm.goto('drop');
  for (const [port, addresses] of byPort) {
    asm.label(labels.get(port)!);
    if (addresses.includes(null)) asm.goto(accept);
    else matchAddresses(asm, addresses as IpWords[], side, accept);
  }
}

function matchAddresses(asm: BpfAssembler, addresses: readonly IpWords[], side: Side, accept: string): void {
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
  asm.goto('drop');
}

function expressions(endpoints: readonly Endpoint[], side: Side): string[] {
  return endpoints.map(({ address, port }) => (address === null ? `(tcp ${side} port ${port})` : `(${side} host ${address} and tcp ${side} port ${port})`));
}
