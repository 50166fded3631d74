// The addresses and ports that copies speak from, as sessions and copies ask for them.
import type { Copy } from '../copy/copy.ts';
import { endQuietly } from '../copy/end.ts';
import type { Lingering } from '../copy/lingering.ts';
import { sendSyn } from '../copy/send.ts';
import type { Mapping } from '../mapping.ts';
import type { Session } from '../session/session.ts';
import type { Work } from '../work.ts';
import type { Leases, Pair, Request } from './leases.ts';

export class CopyPairs {
  readonly #work: Work;
  readonly #leases: Leases;

  constructor(work: Work, leases: Leases) {
    this.#work = work;
    this.#leases = leases;
  }

  /** While the client has its pair, no copy of another session gets it at those targets (1); or the client has left (-1). */
  reserve({ client, clientPort, serverPort }: Session, mappings: readonly Mapping[], change: 1 | -1): void {
    for (const mapping of mappings) this.#leases.countClient(client, clientPort, mapping.target, mapping.targetPortOf(serverPort), change);
  }

  /** Where a copy of the session may speak from; null when no port is free. */
  find(session: Session, mapping: Mapping, isFirst: boolean): Pair | null {
    return this.#leases.find(requestOf(session, mapping, isFirst), mapping.sources, this.#work.nowMs);
  }

  /** The target answered the SYN for a connection that it has already, of nobody known here. That one is not ours to end. */
  move(copy: Copy): void {
    const { session, mapping } = copy;
    const { limits, nowMs } = this.#work;
    const request = { ...requestOf(session, mapping, false), target: copy.target, targetPort: copy.targetPort };
    const pair = ++copy.retries > limits.synRetries ? null : this.#leases.find(request, mapping.sources, nowMs);
    if (pair === null) return endQuietly(this.#work, copy, 'noPortFree');
    this.#leases.remove(copy, copy, limits.timeWaitMs, nowMs);
    copy.source = pair.source;
    copy.sourcePort = pair.port;
    copy.isLeased = true;
    this.#leases.add(copy);
    sendSyn(this.#work, copy);
  }

  /** The copy's pair is free again, once the target has forgotten it. The table led to `value`. */
  release(copy: Copy | Lingering, value: Copy | number): void {
    const { limits, nowMs } = this.#work;
    const coolMs = !copy.leavesTimeWait ? 0 : copy.hasTimestamps ? limits.timeWaitStampedMs : limits.timeWaitMs;
    copy.mapping.coolingMs += coolMs;
    this.#leases.remove(copy, value, coolMs, nowMs);
  }
}

const requestOf = ({ client, clientPort, server, serverPort }: Session, mapping: Mapping, isFirst: boolean): Request => ({
  client,
  clientPort,
  server,
  target: mapping.target,
  targetPort: mapping.targetPortOf(serverPort),
  isFirst,
});
