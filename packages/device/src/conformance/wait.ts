// Waiting for what a network does in its own time.
import type { CapturedFrame } from './puppet.ts';
import type { Puppet } from './stage.ts';

export const toHex = (packet: Uint8Array): string => Buffer.from(packet).toString('hex');

/** Ask until the answer will do, or so long has gone; then the last answer. */
export async function until<T>(ask: () => Promise<T>, isEnough: (answer: T) => boolean, forMs = 15_000): Promise<T> {
  const deadlineMs = Date.now() + forMs;
  for (;;) {
    const answer = await ask();
    if (isEnough(answer) || Date.now() > deadlineMs) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Everything that waits to be captured: all until several turns of the puppet's event loop found nothing more. */
export async function drained(puppet: Puppet): Promise<CapturedFrame[]> {
  const all = await collect(puppet, 1);
  for (let empty = 0; empty < 10; await new Promise((resolve) => setTimeout(resolve, 5))) {
    const more = await puppet.do('frames');
    all.push(...more);
    empty = more.length === 0 ? empty + 1 : 0;
  }
  return all;
}

/** Frames as they come, until there are so many. */
export async function collect(puppet: Puppet, count: number, forMs?: number): Promise<CapturedFrame[]> {
  const all: CapturedFrame[] = [];
  const more = async () => {
    all.push(...(await puppet.do('frames')));
    return all;
  };
  return until(more, () => all.length >= count, forMs);
}
