// The dozen libc calls this package makes, through koffi. The only file that knows how a call is declared.
import { createRequire } from 'node:module';
import { endianness } from 'node:os';

type Koffi = typeof import('koffi');
type Bytes = Uint8Array;

/** Addresses are plain numbers (user space ends below 2^48). Every call returns what C returns; -1 leaves `errno`. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Bytes, bytes: number): number;
  close(fd: number): number;
  setsockopt(fd: number, level: number, name: number, value: Bytes, bytes: number): number;
  getsockopt(fd: number, level: number, name: number, value: Bytes, bytes: Bytes): number;
  mmap(address: number, bytes: number, protection: number, flags: number, fd: number, offset: number): number;
  /** Only of what no view was made of. */
  munmap(address: number, bytes: number): number;
  madvise(address: number, bytes: number, advice: number): number;
  sendmmsg(fd: number, messages: number, count: number, flags: number): number;
  recvmmsg(fd: number, messages: number, count: number, flags: number, timeout: number): number;
  send(fd: number, data: Bytes, bytes: number, flags: number): number;
  recvBytes(fd: number, into: Bytes, bytes: number, flags: number): number;
  ioctl(fd: number, request: number, argument: Bytes): number;
  if_nametoindex(name: string): number;
  /** Null where there is none: musl. */
  malloc_trim: ((padBytes: number) => number) | null;
  /** Names of all interfaces of this network namespace (if_nameindex(3)). */
  interfaceNames(): string[];
  errno(): number;
  /** The address of bytes: of small arrays for the duration of one call; of an ArrayBuffer's contents as long as it is referenced. */
  addressOf(bytes: Bytes): bigint;
  /** An ArrayBuffer over memory. Reading it after munmap kills the process, so what has a view is never unmapped. */
  view(address: number, bytes: number): ArrayBuffer;
  /** Watch a descriptor on Node's event loop. Keep the handle: unreferenced it is collected and the calls stop. */
  poll(fd: number, listener: (status: number) => void): PollHandle;
}

export interface PollHandle {
  /** Again after an error, which ends the watch. */
  restart(): void;
  close(): void;
}

/** A system call that failed. `code` is the errno name, as EPERM. */
export class SystemCallError extends Error {
  readonly code: string;
  readonly call: string;
  constructor(call: string, code: string) {
    super(`${call} failed with ${code}`);
    this.call = call;
    this.code = code;
  }
}

let loaded: Libc | undefined;
let koffiModule: Koffi | undefined;
const errnoNames = new Map<number, string>();

/** koffi itself. Throws a sentence if it is not installed. */
export function koffi(): Koffi {
  try {
    koffiModule ??= createRequire(import.meta.url)('koffi') as Koffi;
    return koffiModule;
  } catch (cause) {
    throw new Error('koffi cannot be loaded: run npm install, it brings a prebuilt library for Linux on x64 and arm64', { cause });
  }
}

/** The calls, loaded at first use. Throws where the struct layouts of this package do not hold. */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

/** `result`, or a SystemCallError if it is negative. */
export function check(result: number, call: string): number {
  if (result < 0) throw new SystemCallError(call, errnoName(libc().errno()));
  return result;
}

/** EPERM for 1, and so on; the number itself if unknown. */
export function errnoName(errno: number): string {
  if (errnoNames.size === 0) {
    for (const [name, value] of Object.entries(koffi().os.errno)) if (!errnoNames.has(value)) errnoNames.set(value, name);
    errnoNames.set(koffi().os.errno.EAGAIN!, 'EAGAIN'); // not EWOULDBLOCK
  }
  return errnoNames.get(errno) ?? `errno ${errno}`;
}

/** A 32-bit int as the bytes setsockopt wants. */
export function intBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

function functionOrNull(find: () => unknown): unknown {
  try {
    return find();
  } catch {
    return null;
  }
}

function load(): Libc {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch) || endianness() !== 'LE') {
    throw new Error(`packet rings need Linux on x64 or arm64, not ${process.platform} on ${process.arch}: use --io pcap`);
  }
  const { load: open, errno, address, view, decode, node } = koffi();
  const library = open(null); // the process itself: glibc or musl
  const ifNameIndex = library.func('void *if_nameindex()');
  const ifFreeNameIndex = library.func('void if_freenameindex(void *)');
  return {
    socket: library.func('int socket(int, int, int)') as unknown as Libc['socket'],
    bind: library.func('int bind(int, void *, uint32_t)') as unknown as Libc['bind'],
    close: library.func('int close(int)') as unknown as Libc['close'],
    setsockopt: library.func('int setsockopt(int, int, int, void *, uint32_t)') as unknown as Libc['setsockopt'],
    getsockopt: library.func('int getsockopt(int, int, int, _Inout_ void *, _Inout_ void *)') as unknown as Libc['getsockopt'],
    mmap: library.func('intptr_t mmap(intptr_t, size_t, int, int, int, int64_t)') as unknown as Libc['mmap'],
    munmap: library.func('int munmap(intptr_t, size_t)') as unknown as Libc['munmap'],
    madvise: library.func('int madvise(intptr_t, size_t, int)') as unknown as Libc['madvise'],
    sendmmsg: library.func('int sendmmsg(int, intptr_t, uint32_t, int)') as unknown as Libc['sendmmsg'],
    recvmmsg: library.func('int recvmmsg(int, intptr_t, uint32_t, int, intptr_t)') as unknown as Libc['recvmmsg'],
    send: library.func('intptr_t send(int, void *, size_t, int)') as unknown as Libc['send'],
    recvBytes: library.func('intptr_t recv(int, _Out_ void *, size_t, int)') as unknown as Libc['recvBytes'],
    ioctl: library.func('int ioctl(int, unsigned long, _Inout_ void *)') as unknown as Libc['ioctl'],
    if_nametoindex: library.func('uint32_t if_nametoindex(const char *)') as unknown as Libc['if_nametoindex'],
    malloc_trim: functionOrNull(() => library.func('int malloc_trim(size_t)')) as Libc['malloc_trim'],
    interfaceNames() {
      const list = ifNameIndex() as bigint | null;
      if (list === null) return [];
      const names: string[] = [];
      // struct if_nameindex { unsigned int if_index; char *if_name; } 16 bytes each, ends with index 0
      for (let at = 0; decode(list, at, 'uint32_t') !== 0; at += 16) names.push(decode(list, at + 8, 'char *') as string);
      ifFreeNameIndex(list);
      return names;
    },
    errno,
    addressOf: (bytes) => address(bytes),
    view: (start, bytes) => view(BigInt(start), bytes),
    poll(fd, listener) {
      const callback = listener as unknown as () => void; // koffi passes the status of uv_poll first
      const handle = node.poll(fd, { readable: true }, callback);
      return { restart: () => handle.start({ readable: true }, callback), close: () => handle.close() };
    },
  };
}
