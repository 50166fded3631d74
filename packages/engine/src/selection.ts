// Which sessions a mapping copies: by client network, by percentage, by how many are open; and the percentage may climb in steps.
import { type AddressWords, type Cidr, isInside, parseCidr } from '@parallax/wire';
import { drawOfAddress, drawOfSession, Salt } from './stable-hash.ts';

/** `fromPercent` when the mapping starts, then in equal steps to the selection's own percentage; each is held for `stepSeconds`, the last for good. */
export interface Ramp {
  fromPercent: number;
  steps: number;
  stepSeconds: number;
}

export interface SelectionConfig {
  /** Of the sessions that pass the networks, 0-100. */
  percent: number;
  /** What is drawn: each session for itself, or each client address, which then is in or out with all its sessions. */
  by: 'session' | 'client';
  /** Networks of clients; none: all of them. What is excluded is out even if included. */
  include: readonly string[];
  exclude: readonly string[];
  /** Sessions copied at a time at most; null: no such bound. */
  maxSessions: number | null;
  ramp: Ramp | null;
}

export const everySession: SelectionConfig = { percent: 100, by: 'session', include: [], exclude: [], maxSessions: null, ramp: null };

/** What is asked about one session. */
export interface Candidate {
  readonly client: AddressWords;
  readonly clientPort: number;
  readonly serverPort: number;
  readonly clientIss: number;
}

function networks(texts: readonly string[]): Cidr[] {
  return texts.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === null) throw new Error(`"${text}" is not a network; write 10.0.0.0/8 or 2001:db8::/32`);
    return cidr;
  });
}

const isSameRamp = (a: Ramp | null, b: Ramp | null): boolean => JSON.stringify(a) === JSON.stringify(b);

export class Selection {
  readonly config: SelectionConfig;
  readonly #include: readonly Cidr[];
  readonly #exclude: readonly Cidr[];
  readonly #rampAtMs: number;

  /** A ramp begins at `nowMs`, or goes on from where that of the selection before is, if it is the same. */
  constructor(config: SelectionConfig, nowMs: number, before: Selection | null = null) {
    this.config = config;
    this.#include = networks(config.include);
    this.#exclude = networks(config.exclude);
    this.#rampAtMs = before !== null && isSameRamp(before.config.ramp, config.ramp) ? before.#rampAtMs : nowMs;
  }

  /** The percentage that holds at a time. */
  percentAt(nowMs: number): number {
    const { percent, ramp } = this.config;
    if (ramp === null) return percent;
    const step = Math.floor((nowMs - this.#rampAtMs) / (ramp.stepSeconds * 1000));
    if (step >= ramp.steps) return percent;
    return ramp.fromPercent + ((percent - ramp.fromPercent) * Math.max(0, step)) / ramp.steps;
  }

  /** Is the session to be copied, with `sessionsOpen` others being copied? A session that is in at one percentage is in at every higher one. */
  admits(candidate: Candidate, sessionsOpen: number, nowMs: number): boolean {
    const { maxSessions } = this.config;
    return this.#isOfClients(candidate.client) && this.#draw(candidate) * 100 < this.percentAt(nowMs) && (maxSessions === null || sessionsOpen < maxSessions);
  }

  #isOfClients(client: AddressWords): boolean {
    if (this.#exclude.some((network) => isInside(client, network))) return false;
    return this.#include.length === 0 || this.#include.some((network) => isInside(client, network));
  }

  #draw({ client, clientPort, serverPort, clientIss }: Candidate): number {
    return this.config.by === 'client' ? drawOfAddress(Salt.selection, client) : drawOfSession(Salt.selection, client, clientPort, serverPort, clientIss);
  }
}

/** Copies of one session: 2.5 is two of each, and of half of the sessions a third. */
export function copiesOf(multiplier: number, { client, clientPort, serverPort, clientIss }: Candidate): number {
  const whole = Math.floor(multiplier);
  if (whole === multiplier) return whole;
  return drawOfSession(Salt.fraction, client, clientPort, serverPort, clientIss) < multiplier - whole ? whole + 1 : whole;
}
