// What every way of receiving does with its packet socket: watch it on the event loop, filter, count losses, close.
import type { CaptureCounters, CaptureFilter } from '../contract.ts';
import { libc, type PollHandle } from '../libc.ts';
import { ReadableLoop } from '../readable-loop.ts';
import { attachFilter, clearError, takeDropCount } from './packet-socket.ts';

export class CaptureSocket {
  readonly fd: number;
  readonly loop: ReadableLoop;
  readonly counters: CaptureCounters = { captured: 0, dropped: 0, truncated: 0 };
  isOpen = true;
  #poll: PollHandle | null = null; // must stay referenced: collected, it ends the calls without a word

  /** Takes over an open, bound packet socket. `waits`: are there frames to be taken? See ReadableLoop for the rush. */
  constructor(fd: number, waits: () => boolean, rushFramesPerMs?: number) {
    this.fd = fd;
    this.loop = new ReadableLoop(() => this.isOpen && waits(), rushFramesPerMs);
  }

  onReadable(listener: () => void, mayLinger?: () => boolean): void {
    this.loop.listen(listener, mayLinger);
    this.#poll ??= libc().poll(this.fd, (status) => {
      if (status < 0) {
        clearError(this.fd); // the interface went down; it may come back
        this.#poll?.restart();
      }
      this.loop.wake();
    });
  }

  setFilter(filter: CaptureFilter): void {
    attachFilter(this.fd, filter);
  }

  /** Count what was lost since the last time, and return it. */
  countDrops(): number {
    const dropped = this.isOpen ? takeDropCount(this.fd) : 0;
    this.counters.dropped += dropped;
    return dropped;
  }

  /** Nothing is told any more. The descriptor stays for `closeDescriptor`, behind whatever else holds the socket. */
  stop(): void {
    this.countDrops();
    this.isOpen = false;
    this.loop.stop();
    this.#poll?.close();
    this.#poll = null;
  }

  closeDescriptor(): void {
    libc().close(this.fd);
  }
}
