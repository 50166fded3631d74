// Several packet paths of one host share its traffic: each has a socket of its own, whose filter lets only its connections in.
import { SHARD_FACTOR, type Shard } from '@parallax/wire';
import { Bpf, BpfAssembler, PACKET_OUTGOING, SKF_AD_PKTTYPE, SKF_AD_PROTOCOL } from './bpf.ts';
import type { CaptureFilter } from './contract.ts';
import { ETHERTYPE_IPV6, type FilterEndpoint, matchEndpoints } from './filters.ts';

/**
 * `filter`, for the connections of one shard only: the client's port decides (`shardOf` of packages/wire), which is the destination's in what one of the
 * services sends, and the source's in everything else, copies that leave included. The filter itself is not changed when there is one shard; with several,
 * its expression lets more through than the program.
 */
export function shardFilter(filter: CaptureFilter, services: readonly FilterEndpoint[], { index, count }: Shard): CaptureFilter {
  if (count === 1 || services.length === 0) return filter;
  const asm = new BpfAssembler();
  asm.put(Bpf.LD_B_ABS, SKF_AD_PKTTYPE);
  asm.jump(Bpf.JEQ_K, PACKET_OUTGOING, { no: 'from client' });
  matchEndpoints(asm, services, 'src', 'to client', 'from client');
  loadPort(asm.label('to client'), 'dst');
  loadPort(asm.label('from client'), 'src');
  asm.label('port').put(Bpf.MUL_K, SHARD_FACTOR).put(Bpf.RSH_K, 16).put(Bpf.MUL_K, count).put(Bpf.RSH_K, 16);
  asm.jump(Bpf.JEQ_K, index, { yes: 'ours' });
  asm.label('drop').ret(0);
  asm.label('ours'); // the filter follows: jumps are relative
  return { program: [...asm.assemble(), ...filter.program], expression: filter.expression };
}

/** Of a TCP segment; goes on at `port`. A later fragment has none: what is read there decides nothing, since no filter takes it. */
function loadPort(asm: BpfAssembler, side: 'src' | 'dst'): void {
  const ipv6 = asm.fresh();
  asm.put(Bpf.LD_H_ABS, SKF_AD_PROTOCOL).jump(Bpf.JEQ_K, ETHERTYPE_IPV6, { yes: ipv6 });
  asm
    .put(Bpf.LDX_B_MSH, 0)
    .put(Bpf.LD_H_IND, side === 'src' ? 0 : 2)
    .goto('port');
  asm
    .label(ipv6)
    .put(Bpf.LD_H_ABS, side === 'src' ? 40 : 42)
    .goto('port');
}
