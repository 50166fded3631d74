// A small assembler of classic BPF (linux/filter.h, Documentation/networking/filter.rst).
import type { BpfInstruction } from './contract.ts';

/** linux/bpf_common.h: most instructions a program may have (BPF_MAXINSNS). */
const MAX_INSTRUCTIONS = 4096;

/** The opcodes used here: class | size | mode. */
export const Bpf = {
  LD_W_ABS: 0x20,
  LD_H_ABS: 0x28,
  LD_B_ABS: 0x30,
  LD_H_IND: 0x48,
  LD_B_IND: 0x50,
  LDX_B_MSH: 0xb1,
  JA: 0x05,
  ADD_X: 0x0c,
  MUL_K: 0x24,
  AND_K: 0x54,
  RSH_K: 0x74,
  TAX: 0x07,
  JEQ_K: 0x15,
  JEQ_X: 0x1d,
  JGT_K: 0x25,
  JGE_K: 0x35,
  JSET_K: 0x45,
  RET_K: 0x06,
} as const;

/** Offsets of what the kernel knows beside the bytes (linux/filter.h SKF_AD_*), as unsigned k. */
export const SKF_AD_PROTOCOL = (-0x1000 + 0) >>> 0;
export const SKF_AD_PKTTYPE = (-0x1000 + 4) >>> 0;
export const SKF_AD_RANDOM = (-0x1000 + 56) >>> 0;

/** packet(7): sll_pkttype. */
export const PACKET_HOST = 0;
export const PACKET_OTHERHOST = 3;
export const PACKET_OUTGOING = 4;

type Step = { at: 'label'; name: string } | { at: 'plain'; code: number; k: number } | { at: 'jump'; code: number; k: number; yes: string; no: string };

/**
 * Collects instructions with named targets and resolves them. Jumps go forward only, as the kernel demands. A conditional jump
 * reaches 255 instructions (8 bits); one that must go farther is written as a pair of `ja` (32 bits) behind it.
 */
export class BpfAssembler {
  readonly #steps: Step[] = [];
  #names = 0;

  /** A label name nobody else has. */
  fresh(): string {
    return `#${this.#names++}`;
  }

  label(name: string): this {
    this.#steps.push({ at: 'label', name });
    return this;
  }

  /** Any instruction that does not jump. */
  put(code: number, k: number): this {
    this.#steps.push({ at: 'plain', code, k: k >>> 0 });
    return this;
  }

  /** Conditional jump; a target left out is the next instruction. */
  jump(code: number, k: number, to: { yes?: string; no?: string }): this {
    const next = this.fresh();
    this.#steps.push({ at: 'jump', code, k: k >>> 0, yes: to.yes ?? next, no: to.no ?? next });
    return this.label(next);
  }

  goto(name: string): this {
    this.#steps.push({ at: 'jump', code: Bpf.JA, k: 0, yes: name, no: name });
    return this;
  }

  /** End: keep `bytes` of the packet, 0 drops it. */
  ret(bytes: number): this {
    return this.put(Bpf.RET_K, bytes);
  }

  /** Resolve every label. Throws if the program is longer than the kernel accepts, or a label is unknown or behind. */
  assemble(): BpfInstruction[] {
    const far = new Set<Step>();
    let positions = this.#layout(far);
    while (this.#widen(positions, far)) positions = this.#layout(far);
    const program: BpfInstruction[] = [];
    const reach = (name: string) => {
      const target = positions.get(name);
      if (target === undefined || target <= program.length) throw new Error(`BPF label ${name} is ${target === undefined ? 'unknown' : 'not ahead'}`);
      return target - program.length - 1;
    };
    for (const step of this.#steps) {
      if (step.at === 'plain') program.push([step.code, 0, 0, step.k]);
      else if (step.at === 'label') continue;
      else if (step.code === Bpf.JA) program.push([Bpf.JA, 0, 0, reach(step.yes)]);
      else if (!far.has(step)) program.push([step.code, reach(step.yes), reach(step.no), step.k]);
      else {
        program.push([step.code, 0, 1, step.k]);
        program.push([Bpf.JA, 0, 0, reach(step.yes)]);
        program.push([Bpf.JA, 0, 0, reach(step.no)]);
      }
    }
    if (program.length > MAX_INSTRUCTIONS) {
      throw new Error(`the capture filter needs ${program.length} BPF instructions and the kernel takes ${MAX_INSTRUCTIONS}: use fewer addresses`);
    }
    return program;
  }

  #layout(far: Set<Step>): Map<string, number> {
    const positions = new Map<string, number>();
    let position = 0;
    for (const step of this.#steps) {
      if (step.at === 'label') positions.set(step.name, position);
      else position += far.has(step) ? 3 : 1;
    }
    return positions;
  }

  /** Mark the conditional jumps that do not reach; true if there were any. */
  #widen(positions: Map<string, number>, far: Set<Step>): boolean {
    let position = 0;
    let grew = false;
    for (const step of this.#steps) {
      if (step.at === 'label') continue;
      if (step.at === 'jump' && step.code !== Bpf.JA && !far.has(step)) {
        const farthest = Math.max(positions.get(step.yes) ?? 0, positions.get(step.no) ?? 0);
        if (farthest - position - 1 > 255) {
          far.add(step);
          grew = true;
        }
      }
      position += far.has(step) ? 3 : 1;
    }
    return grew;
  }
}
