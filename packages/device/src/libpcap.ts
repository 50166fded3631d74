// Filter expressions compiled by libpcap itself (pcap-filter(7)), for a packet that begins at its IP header.
import { Bpf, SKF_AD_PROTOCOL } from './bpf.ts';
import type { BpfInstruction, CaptureFilter } from './contract.ts';
import { WHOLE_BYTES } from './filters.ts';
import { koffi } from './libc.ts';

const DLT_RAW = 12;
const PCAP_NETMASK_UNKNOWN = 0xffffffff;
const LIBRARIES = ['libpcap.so.0.8', 'libpcap.so.1', 'libpcap.so'];

/** Only what is IP may be read as IP: everything else is dropped before the compiled program begins. */
const onlyIp: readonly BpfInstruction[] = [
  [Bpf.LD_H_ABS, 0, 0, SKF_AD_PROTOCOL],
  [Bpf.JEQ_K, 2, 0, 0x0800],
  [Bpf.JEQ_K, 1, 0, 0x86dd],
  [Bpf.RET_K, 0, 0, 0],
];

/** A user's expression as a filter that keeps `snapBytes` of each match (all by default). Throws as `compileExpression`. */
export function pcapFilter(expression: string, snapBytes: number = WHOLE_BYTES): CaptureFilter {
  return { program: [...onlyIp, ...compileExpression(expression, snapBytes)], expression };
}

/** Compile for DLT_RAW (offset 0 is the IP header). Throws libpcap's words on a bad expression, the package to install without libpcap. */
export function compileExpression(expression: string, snapBytes: number): BpfInstruction[] {
  const pcap = library();
  const handle = pcap.openDead(DLT_RAW, snapBytes);
  const program = new Uint8Array(16); // struct bpf_program: u32 bf_len at 0, bf_insns at 8
  try {
    if (pcap.compile(handle, program, expression, 1, PCAP_NETMASK_UNKNOWN) !== 0) {
      throw new Error(`filter "${expression}" is not valid: ${pcap.getError(handle)}`);
    }
    const view = new DataView(program.buffer);
    const instructions = readInstructions(view.getBigUint64(8, true), view.getUint32(0, true));
    pcap.freeCode(program);
    return instructions;
  } finally {
    pcap.close(handle);
  }
}

function readInstructions(address: bigint, count: number): BpfInstruction[] {
  const bytes = koffi().decode(address, 'uint8_t', count * 8) as Uint8Array | number[];
  const view = new DataView(Uint8Array.from(bytes).buffer); // struct bpf_insn
  return Array.from({ length: count }, (_, index) => {
    const at = index * 8;
    return [view.getUint16(at, true), view.getUint8(at + 2), view.getUint8(at + 3), view.getUint32(at + 4, true)] as const;
  });
}

interface Libpcap {
  openDead(linkType: number, snapBytes: number): bigint;
  compile(handle: bigint, program: Uint8Array, expression: string, optimize: number, netmask: number): number;
  getError(handle: bigint): string;
  freeCode(program: Uint8Array): void;
  close(handle: bigint): void;
}

let loaded: Libpcap | undefined;

function library(): Libpcap {
  loaded ??= load();
  return loaded;
}

function load(): Libpcap {
  for (const name of LIBRARIES) {
    try {
      const lib = koffi().load(name);
      return {
        openDead: lib.func('void *pcap_open_dead(int, int)') as unknown as Libpcap['openDead'],
        compile: lib.func('int pcap_compile(void *, _Inout_ void *, const char *, int, uint32_t)') as unknown as Libpcap['compile'],
        getError: lib.func('const char *pcap_geterr(void *)') as unknown as Libpcap['getError'],
        freeCode: lib.func('void pcap_freecode(_Inout_ void *)') as unknown as Libpcap['freeCode'],
        close: lib.func('void pcap_close(void *)') as unknown as Libpcap['close'],
      };
    } catch {
      // the next name
    }
  }
  throw new Error('filter expressions need libpcap: install it (Debian and Ubuntu: apt-get install libpcap0.8, Fedora: dnf install libpcap)');
}
