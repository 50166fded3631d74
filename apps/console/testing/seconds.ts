// Seconds of comparison as an online agent sends them, for tests.
import { SecondRecorder } from '@parallax/latency';
import type { ComparisonSecond } from '@parallax/protocol';

export type Exchange = {
  kind?: string;
  onlineUs: number;
  targetUs: number;
  isError?: boolean /** From the first byte of the answer to its last; not measured if left out. */;
  answerUs?: number;
};

const text = (bytes: Uint8Array<ArrayBuffer> | null) => (bytes === null ? null : Buffer.from(bytes).toString('base64'));

/** The second that begins at `secondMs`, with these exchanges, each answered and paired on both sides. */
export function comparisonSecond(
  mappingId: string,
  secondMs: number,
  exchanges: readonly Exchange[],
  change: Partial<ComparisonSecond> = {},
): ComparisonSecond {
  const recorder = new SecondRecorder(1);
  for (const { kind = 'turns', onlineUs, targetUs, isError = false, answerUs } of exchanges) {
    const index = recorder.kind(kind);
    recorder.exchange(index, 'online', onlineUs, answerUs === undefined ? -1 : onlineUs + answerUs, false);
    recorder.exchange(index, 'target', targetUs, answerUs === undefined ? -1 : targetUs + answerUs, isError);
    recorder.pair(index, onlineUs, targetUs);
  }
  const { connect, kinds } = recorder.take();
  return {
    type: 'comparison',
    mappingId,
    run: 'run',
    sequence: secondMs / 1000,
    secondMs,
    ageMs: 0,
    connect: { online: text(connect.online), target: text(connect.target) },
    kinds: kinds.map(({ kind, online, target, held, pairs }) => ({
      kind,
      online: { ...online, firstByte: text(online.firstByte), lastByte: text(online.lastByte) },
      target: { ...target, firstByte: text(target.firstByte), lastByte: text(target.lastByte) },
      held: text(held),
      pairs: { count: pairs.count, difference: text(pairs.difference), chosen: text(pairs.chosen) },
    })),
    ...change,
  };
}
