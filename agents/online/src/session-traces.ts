// Sessions that are followed in the console, segment by segment.
import type { Engine, Mapping, Moment } from '@parallax/engine';
import { MOST_FOLLOWED, type SessionTrace, type TracedMoment } from '@parallax/protocol';

const MOST_COPIES = 50;

export class SessionTraces {
  readonly #engine: Engine;
  /** Ids of sessions, by mapping. */
  readonly #followed = new Map<string, readonly number[]>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Follow these sessions of the mapping, by the ids that the console knows, and no others of it. */
  follow(mappingId: string, ids: readonly string[]): void {
    const numbers = ids.slice(0, MOST_FOLLOWED).map(Number).filter(Number.isSafeInteger);
    if (numbers.length > 0) this.#followed.set(mappingId, numbers);
    else this.#followed.delete(mappingId);
    this.#engine.follow([...this.#followed.values()].flat(), () => (performance.timeOrigin + performance.now()) * 1000);
  }

  /** What was seen since the last time. */
  take(mapping: Mapping): SessionTrace[] {
    return (this.#followed.get(mapping.id) ?? []).flatMap((id) => {
      const seen = this.#engine.takeSeen(id);
      if (seen === null) return [];
      const { session, omitted } = seen;
      const copies = session?.copies.filter((copy) => copy.mapping === mapping).slice(0, MOST_COPIES) ?? [];
      return {
        sessionId: String(id),
        clientIss: session === null || session.isMet ? null : session.clientIss >>> 0,
        onlineIss: session?.hasOnlineIss ? session.onlineIss >>> 0 : null,
        copies: copies.map(({ index, sourcePort, openedAtMs, targetIss }) => ({ index, port: sourcePort, targetIss: openedAtMs < 0 ? null : targetIss >>> 0 })),
        moments: seen.moments.filter(({ copy }) => copy === null || copy.mapping === mapping).map(tracedMoment),
        omitted,
      };
    });
  }
}

function tracedMoment(moment: Moment): TracedMoment {
  if (moment.what === 'hold') {
    const { what, atUs, copy, held, waitingBytes } = moment;
    return { what, atUs, copy: copy.index, held, waitingBytes };
  }
  const { what, atUs, from, copy, seq, ack, flags, payloadBytes, isAgain } = moment;
  return { what, atUs, from, copy: copy?.index ?? null, seq: seq >>> 0, ack: ack >>> 0, flags: flags & 0xff, payloadBytes, isAgain };
}
