import { expect, test } from 'vitest';
import { Bpf, BpfAssembler } from './bpf.ts';
import { runBpf } from './bpf-run.ts';

const facts = { packetType: 0, protocol: 0x0800 };
const packet = (first: number) => new Uint8Array([first, ...new Uint8Array(39)]);

test.each([10, 253, 254, 255, 256, 300, 1000])('a conditional jump over %i instructions arrives', (distance) => {
  const asm = new BpfAssembler();
  asm.put(Bpf.LD_B_ABS, 0).jump(Bpf.JEQ_K, 7, { yes: 'seven', no: 'other' });
  for (let index = 0; index < distance; index++) asm.put(Bpf.LD_B_ABS, 1);
  asm.label('other').ret(2).label('seven').ret(1);
  const program = asm.assemble();
  expect([runBpf(program, packet(7), facts), runBpf(program, packet(8), facts)]).toEqual([1, 2]);
  expect(program.every(([code, jt, jf]) => code === Bpf.JA || (jt < 256 && jf < 256))).toBe(true);
});

test('widening one jump can push another out of reach', () => {
  const asm = new BpfAssembler().put(Bpf.LD_B_ABS, 0);
  for (let value = 0; value < 200; value++) asm.jump(Bpf.JEQ_K, value, { yes: `is ${value}` });
  asm.ret(0);
  for (let value = 0; value < 200; value++)
    asm
      .label(`is ${value}`)
      .put(Bpf.LD_B_ABS, 0)
      .ret(value + 1);
  const program = asm.assemble();
  expect([0, 1, 100, 199, 200].map((value) => runBpf(program, packet(value), facts))).toEqual([1, 2, 40, 40, 0]); // at most the packet
});

test.each([
  ['unknown', new BpfAssembler().goto('nowhere')],
  ['not ahead', new BpfAssembler().label('back').put(Bpf.LD_B_ABS, 0).goto('back')],
])('a label that is %s is refused', (words, asm) => {
  expect(() => asm.ret(0).assemble()).toThrow(words);
});

test('more instructions than the kernel takes are refused', () => {
  const asm = new BpfAssembler();
  for (let index = 0; index < 4096; index++) asm.put(Bpf.LD_B_ABS, 0);
  expect(() => asm.ret(0).assemble()).toThrow('4097 BPF instructions and the kernel takes 4096');
});

test('a load beyond the packet drops it', () => {
  expect(runBpf(new BpfAssembler().put(Bpf.LD_W_ABS, 38).ret(5).assemble(), packet(0), facts)).toBe(0);
});
