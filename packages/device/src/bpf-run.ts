// Runs classic BPF on bytes: what the kernel would do, for tests and for the backends that have no kernel.
import { SKF_AD_PKTTYPE, SKF_AD_PROTOCOL, SKF_AD_RANDOM } from './bpf.ts';
import type { BpfInstruction } from './contract.ts';

/** What the kernel knows of a packet beside its bytes. */
export interface PacketFacts {
  /** sll_pkttype: 0 to this host, 4 outgoing (packet(7)). */
  readonly packetType: number;
  /** Ethertype in host order. */
  readonly protocol: number;
  /** 32 random bits; drawn if left out. */
  readonly random?: number;
}

/**
 * How many bytes of the packet the program keeps; 0 drops it. A load beyond the packet drops it, as in the kernel. Loads, jumps,
 * ALU with constants and X, scratch memory and returns are known: all that libpcap generates. Throws on any other opcode.
 */
export function runBpf(program: readonly BpfInstruction[], packet: Uint8Array, facts: PacketFacts): number {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const scratch = new Uint32Array(16);
  let a = 0;
  let x = 0;

  /** The value at an offset, or -1 beyond the packet. */
  const load = (code: number, at: number): number => {
    if (at === SKF_AD_PKTTYPE) return facts.packetType;
    if (at === SKF_AD_PROTOCOL) return facts.protocol;
    if (at === SKF_AD_RANDOM) return facts.random ?? Math.floor(Math.random() * 2 ** 32);
    const bytes = (code & 0x18) === 0x00 ? 4 : (code & 0x18) === 0x08 ? 2 : 1;
    if (at + bytes > packet.byteLength) return -1;
    return bytes === 4 ? view.getUint32(at) : bytes === 2 ? view.getUint16(at) : view.getUint8(at);
  };

  for (let pc = 0; pc < program.length; pc++) {
    const [code, jt, jf, k] = program[pc]!;
    switch (code & 0x07) {
      case 0x00: // LD
      case 0x01: {
        // LDX
        const mode = code & 0xe0;
        let value = 0;
        if (mode === 0x00) value = k;
        else if (mode === 0x20) value = load(code, k);
        else if (mode === 0x40) value = load(code, (x + k) >>> 0);
        else if (mode === 0x60) value = scratch[k]!;
        else if (mode === 0x80) value = packet.byteLength;
        else if (mode === 0xa0) {
          const byte = load(0x10, k);
          value = byte < 0 ? -1 : (byte & 0x0f) * 4;
        } else throw new Error(`unknown BPF load 0x${code.toString(16)} at ${pc}`);
        if (value < 0) return 0;
        if ((code & 0x07) === 0) a = value;
        else x = value;
        break;
      }
      case 0x02:
        scratch[k] = a;
        break;
      case 0x03:
        scratch[k] = x;
        break;
      case 0x04:
        a = arithmetic(code & 0xf0, a, code & 0x08 ? x : k, pc);
        break;
      case 0x05:
        pc += (code & 0xf0) === 0 ? k : holds(code & 0xf0, a, code & 0x08 ? x : k, pc) ? jt : jf;
        break;
      case 0x06:
        return Math.min(packet.byteLength, (code & 0x18) === 0x10 ? a : k);
      default: // MISC
        if (code & 0x80) a = x;
        else x = a;
    }
  }
  throw new Error('BPF program ends without a return');
}

function arithmetic(op: number, a: number, b: number, pc: number): number {
  switch (op) {
    case 0x00:
      return (a + b) >>> 0;
    case 0x10:
      return (a - b) >>> 0;
    case 0x20:
      return Math.imul(a, b) >>> 0;
    case 0x30:
      return b === 0 ? 0 : Math.floor(a / b);
    case 0x40:
      return (a | b) >>> 0;
    case 0x50:
      return (a & b) >>> 0;
    case 0x60:
      return (a << b) >>> 0;
    case 0x70:
      return a >>> b;
    case 0x80:
      return -a >>> 0;
    case 0x90:
      return b === 0 ? 0 : a % b;
    case 0xa0:
      return (a ^ b) >>> 0;
    default:
      throw new Error(`unknown BPF operation 0x${op.toString(16)} at ${pc}`);
  }
}

function holds(op: number, a: number, b: number, pc: number): boolean {
  switch (op) {
    case 0x10:
      return a === b;
    case 0x20:
      return a > b;
    case 0x30:
      return a >= b;
    case 0x40:
      return (a & b) !== 0;
    default:
      throw new Error(`unknown BPF jump 0x${op.toString(16)} at ${pc}`);
  }
}
