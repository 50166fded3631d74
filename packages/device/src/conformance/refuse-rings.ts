// From now on this process may not map a packet ring: seccomp(2) answers EPERM, as a sandbox would. Everything else it may.
import { Bpf, BpfAssembler } from '../bpf.ts';
import { check, koffi, libc } from '../libc.ts';
import { MAP_FIXED, MAP_POPULATE, MAP_SHARED } from '../ring/abi.ts';

const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;
const SECCOMP_RET_ALLOW = 0x7fff0000;
const SECCOMP_RET_ERRNO = 0x00050000;
const EPERM = 1;
const SYS_MMAP = { x64: 9, arm64: 222 } as Record<string, number>;
// struct seccomp_data
const NUMBER = 0;
const FOURTH_ARGUMENT = 16 + 3 * 8;

export function refuseRings(): void {
  const program = new BpfAssembler()
    .put(Bpf.LD_W_ABS, NUMBER)
    .jump(Bpf.JEQ_K, SYS_MMAP[process.arch]!, { no: 'allow' })
    .put(Bpf.LD_W_ABS, FOURTH_ARGUMENT)
    .jump(Bpf.JEQ_K, MAP_SHARED | MAP_FIXED | MAP_POPULATE, { no: 'allow' })
    .ret(SECCOMP_RET_ERRNO | EPERM)
    .label('allow')
    .ret(SECCOMP_RET_ALLOW)
    .assemble();
  const bytes = new Uint8Array(16 + program.length * 8); // struct sock_fprog, then its instructions
  const view = new DataView(bytes.buffer);
  const address = libc().addressOf(bytes);
  view.setUint16(0, program.length, true);
  view.setBigUint64(8, address + 16n, true);
  for (const [index, [code, jt, jf, k]] of program.entries()) {
    const at = 16 + index * 8;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k, true);
  }
  const prctl = koffi().load(null).func('int prctl(int, intptr_t, intptr_t, intptr_t, intptr_t)');
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) as number, 'PR_SET_NO_NEW_PRIVS');
  check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, Number(address), 0, 0) as number, 'PR_SET_SECCOMP');
  bytes.fill(0); // it was there until now
}
