// The two optional modules, loaded when asked for. Both are built on the user's machine and live on the main thread's loop only.
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/** npm cap 0.2.1: what is used of it. */
export interface CapModule {
  Cap: new () => CapHandle;
}
export interface CapHandle {
  /** Returns the link type's name. `buffer` receives each packet, one after the other. */
  open(device: string, filter: string, kernelBufferBytes: number, buffer: Buffer): string;
  on(event: 'packet', listener: (bytes: number, truncated: boolean) => void): void;
  removeAllListeners(): void;
  close(): boolean;
}

/** npm raw-socket 1.8.1: what is used of it. `wrap.send` is one sendto(2); the public `send` queues one packet per turn of the loop. */
export interface RawSocketModule {
  createSocket(options: { protocol: number; addressFamily: number }): RawSocket;
  AddressFamily: { IPv4: number; IPv6: number };
}
export interface RawSocket {
  wrap: { send(buffer: Buffer, offset: number, length: number, address: string, done: () => void): void };
  on(event: 'error', listener: (error: Error) => void): void;
  close(): void;
}

export const loadCap = (): CapModule => load('cap') as CapModule;
export const loadRawSocket = (): RawSocketModule => load('raw-socket') as RawSocketModule;

function load(name: string): unknown {
  if (!isMainThread) throw new Error(`${name} works on the main thread only, where its callbacks are registered: open the pcap backend there`);
  try {
    return createRequire(import.meta.url)(name);
  } catch (cause) {
    throw new Error(`${name} is not built here: apt-get install libpcap-dev g++ make python3, then npm rebuild cap raw-socket`, { cause });
  }
}
