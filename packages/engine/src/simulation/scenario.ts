// What one seed stands for: conversations, hosts, links and faults.
import type { Limits } from '../limits.ts';
import type { MidStream, Pacing } from '../mapping.ts';
import type { ClientEnd, Turn } from './client-app.ts';
import { type CopyingPlan, planCopying } from './copying-plan.ts';
import type { LinkOptions } from './network.ts';
import type { PeerOptions } from './peer.ts';
import { Random } from './random.ts';
import { EARLY, HEADER_BYTES, LAST, ONE_WAY, type Request } from './requests.ts';
import { type ServerBehaviour, wellBehaved } from './server-app.ts';

export const faults = [
  'captureLoss',
  'captureDrops',
  'sendsFail',
  'targetRefuses',
  'targetResets',
  'targetClosesEarly',
  'targetMute',
  'targetNeverCloses',
  'targetGone',
  'partition',
  'relayOutage',
  'stoppedMidway',
  'storeFull',
  'tooManySessions',
  'clientVanishes',
  'portReuse',
  'lateStart',
  'mappingRestarts',
  'targetRestarts',
] as const;
export type Fault = (typeof faults)[number];

/** Faults after which copies begin in the middle of sessions. */
export const restarts: readonly Fault[] = ['lateStart', 'mappingRestarts', 'targetRestarts'];

export interface SessionPlan {
  atMs: number;
  /** Index of the client's address, and its port. */
  client: number;
  port: number;
  iss: number;
  end: ClientEnd;
  turns: Turn[];
  answerBytes: number;
  options: PeerOptions;
}

export interface Scenario {
  seed: number;
  faults: ReadonlySet<Fault>;
  isV6: boolean;
  /** The engine and the assistant understand the model's protocol. */
  hasAdapter: boolean;
  pacing: Pacing;
  midStream: MidStream;
  copying: CopyingPlan;
  sessions: SessionPlan[];
  online: { options: PeerOptions; behaviour: ServerBehaviour };
  target: { options: PeerOptions; behaviour: ServerBehaviour };
  clientLink: LinkOptions;
  targetLink: LinkOptions;
  answerLink: LinkOptions;
  captureLossRatio: number;
  /** Spans [from, to) ms in which the capture loses all and, as a kernel does, counts it. */
  dropsMs: readonly (readonly [number, number])[];
  /** Span [from, to) ms in which the kernel refuses to send. */
  sendsFailMs: readonly [number, number] | null;
  /** [from, to) ms. */
  partitionMs: readonly [number, number] | null;
  outageMs: readonly [number, number] | null;
  outageNoticedAfterMs: number;
  /** When the mapping starts, and when it is removed and starts again. */
  startAtMs: number;
  mappingRestartMs: readonly [number, number] | null;
  /** The target's process is gone within, and how its connections end. */
  targetRestartMs: readonly [number, number] | null;
  targetRestartHow: 'close' | 'reset' | 'forget';
  /** [from, to) ms in which the assistant captures and tells nothing. */
  assistantHeldUpMs: readonly [number, number] | null;
  stopAtMs: number;
  storeBytes: number;
  limits: Partial<Limits>;
  /** The engine is called so long after something happened, so that it may park what is at rest since. */
  restMs: number;
}

const link = (random: Random, delayUs: number, isBad: boolean): LinkOptions => ({
  delayUs: random.between(20, delayUs),
  jitterUs: random.between(0, isBad ? 3000 : 100),
  lossRatio: isBad && random.chance(0.7) ? random.ratio() * 0.15 : 0,
  duplicateRatio: isBad && random.chance(0.3) ? random.ratio() * 0.1 : 0,
  isReordering: isBad && random.chance(0.5),
  mostPayloadBytes: Number.POSITIVE_INFINITY,
});

/** A host chooses its scale so that its buffer can be told apart from nothing. */
function peerOptions(random: Random, isOdd: boolean): PeerOptions {
  const options = anyPeerOptions(random, isOdd);
  while (options.windowScale > 0 && options.receiveBytes >> options.windowScale < 64) options.windowScale--;
  return options;
}

const anyPeerOptions = (random: Random, isOdd: boolean): PeerOptions => ({
  mssBytes: isOdd ? random.pick([48, 88, 300, 536, 1220, 1400, 1460, 8960]) : 1460,
  windowScale: random.chance(0.8) ? random.between(0, 14) : -1,
  hasTimestamps: random.chance(0.7),
  receiveBytes: isOdd && random.chance(0.5) ? random.pick([200, 1000, 3000, 20_000]) : 262_144,
  delayedAckMs: random.pick([0, 5, 40]),
  clockBaseMs: random.chance(0.3) ? 0x7fffffff - random.between(0, 5000) : random.word(),
  keepAliveMs: 0,
  isProbingWithGarbage: random.chance(0.2),
  keepsTimeWait: false,
  rtoMinMs: 200,
});

interface TurnsPlan {
  isBig: boolean;
  isLong: boolean;
  isTame: boolean;
  mayClose: boolean;
}

function planTurns(random: Random, greetingBytes: number, { isBig, isLong, isTame, mayClose }: TurnsPlan): { turns: Turn[]; answerBytes: number } {
  let answered = greetingBytes;
  let isCounted = true; // the answers that the client waits for are all that come
  let isAnswered = true;
  const turns: Turn[] = [];
  const count = isLong ? random.between(6, 12) : random.skewed(1, 12);
  for (let index = 0; index < count; index++) {
    const isLastTurn = index === count - 1;
    const requests: Request[] = [];
    const awaitBytes = answered;
    for (let pipelined = !isTame && random.chance(0.2) ? random.between(2, 5) : 1; pipelined > 0; pipelined--) {
      const isOneWay = !isTame && random.chance(0.05);
      const isEarly = !isTame && !isOneWay && random.chance(0.05);
      const request: Request = {
        lengthBytes: HEADER_BYTES + random.skewed(0, isBig ? 100_000 : 4000),
        answerBytes: isOneWay ? 0 : random.skewed(1, 20_000),
        delayMs: random.chance(0.1) ? random.between(0, 300) : random.between(0, 5),
        flags: (isOneWay ? ONE_WAY : 0) | (isEarly ? EARLY : 0),
      };
      if (mayClose && isLastTurn && pipelined === 1 && random.chance(0.5)) request.flags |= LAST;
      answered += request.answerBytes;
      requests.push(request);
    }
    const waits = isTame || random.chance(0.9) || awaitBytes === 0;
    const hasEarly = requests.some(({ flags }) => (flags & EARLY) !== 0);
    turns.push({
      requests,
      writes: random.chance(0.3) ? random.between(2, 4) : 1,
      pauseMs: random.between(0, 30),
      thinkMs: isLong && random.chance(0.3) ? random.between(200, 1500) : random.skewed(0, 400),
      awaitBytes: waits ? awaitBytes : 0,
      isClean: waits && isCounted && isAnswered,
      mayBeInterrupted: !waits || !isCounted || hasEarly || requests.length > 1,
    });
    isCounted &&= waits && !hasEarly;
    isAnswered = (requests.at(-1)!.flags & ONE_WAY) === 0;
  }
  return { turns, answerBytes: answered };
}

function freshSequence(random: Random, sessions: readonly SessionPlan[]): number {
  const iss = random.sequence();
  return sessions.some((each) => each.iss === iss) ? freshSequence(random, sessions) : iss;
}

const allEnds: readonly ClientEnd[] = ['close', 'close', 'close', 'halfClose', 'abort', 'abortEarly', 'stay', 'waitForServer'];
/** Ends that are said again until they are heard: silence behind them is the capture's doing. */
const saidEnds: readonly ClientEnd[] = ['close', 'halfClose'];

/** Everything that a seed decides; with `only`, that fault is the only one, the network is a good one, requests can be told apart and every session is copied. */
export function planScenario(seed: number, only: Fault | null = null): Scenario {
  const random = new Random(seed);
  const chosen = new Set<Fault>();
  /** Requests that anybody can tell apart, and nothing but what copies begin late for. */
  const isTame = only === null && random.chance(0.15);
  if (only !== null) chosen.add(only);
  else if (isTame) chosen.add(random.pick(restarts));
  else if (random.chance(0.6)) for (let count = random.skewed(1, 2); count > 0; count--) chosen.add(random.pick(faults));
  const greetingBytes = random.chance(0.2) ? random.between(1, 3000) : 0;
  const isBig = random.chance(0.3);
  const isOdd = random.chance(0.4);
  const base: ServerBehaviour = { ...wellBehaved, greetingBytes, bursts: random.chance(0.3) ? random.between(2, 5) : 1 };
  const isLong = restarts.some((fault) => chosen.has(fault));
  const isReusing = chosen.has('portReuse');
  const sessions: SessionPlan[] = [];
  let atMs = 0;
  for (let count = isReusing ? random.between(3, 6) : random.skewed(1, 6); count > 0; count--) {
    const end = chosen.has('clientVanishes') ? 'vanish' : random.pick<ClientEnd>(chosen.has('captureDrops') ? saidEnds : allEnds);
    const { turns, answerBytes } = planTurns(random, greetingBytes, { isBig, isLong, isTame: isTame || only !== null, mayClose: end === 'waitForServer' });
    sessions.push({
      atMs,
      client: isReusing ? 0 : random.between(0, 1),
      port: isReusing ? 4000 : 3000 + sessions.length,
      iss: freshSequence(random, sessions),
      end,
      turns,
      answerBytes,
      options: { ...peerOptions(random, random.chance(0.2)), keepAliveMs: random.chance(0.1) ? random.between(500, 3000) : 0 },
    });
    atMs += random.skewed(0, 1500);
  }
  const onlineOptions = { ...peerOptions(random, random.chance(0.2)), delayedAckMs: random.pick([0, 5, 40]) };
  const badRatio = only === null ? 0.4 : 0;
  const pacing = random.pick<Pacing>(['response', 'response', 'response', 'timing', 'window']);
  const behaviour: ServerBehaviour = {
    ...base,
    slowness: random.chance(0.3) ? random.ratio() * 8 : 1,
    extraAnswerBytes: random.chance(0.2) ? random.between(1, 3000) : 0,
    bursts: random.chance(0.3) ? random.between(1, 5) : base.bursts,
    readBytes: isOdd && random.chance(0.3) ? random.between(50, 3000) : 0,
    readEveryMs: random.between(1, 10),
    stallMs: random.chance(0.1) ? [random.between(0, 300), random.between(300, 4000)] : null,
    closeAfterAnswers: chosen.has('targetClosesEarly') ? random.between(1, 3) : 0,
    resetAfterBytes: chosen.has('targetResets') ? random.between(1, 5000) : 0,
    isMute: chosen.has('targetMute'),
    neverCloses: chosen.has('targetNeverCloses'),
  };
  /** Unanswered keep-alives would rightly end a connection. */
  const mayLoseTouch = chosen.has('partition') || chosen.has('relayOutage') || chosen.has('sendsFail');
  const span = (most: number): [number, number] => {
    const from = random.between(0, 1500);
    return [from, from + random.between(50, most)];
  };
  const isV6 = random.chance(0.1);
  const scenario: Scenario = {
    seed,
    faults: chosen,
    isV6,
    hasAdapter: seed % 3 !== 0,
    pacing,
    midStream: isTame || only !== null ? 'boundary' : random.pick<MidStream>(['boundary', 'boundary', 'boundary', 'immediate', 'skip']),
    copying: planCopying(random, isV6, only !== null),
    sessions,
    online: { options: onlineOptions, behaviour: base },
    target: {
      options: {
        ...peerOptions(random, isOdd),
        keepsTimeWait: random.chance(0.3),
        keepAliveMs: random.chance(0.15) && !mayLoseTouch ? random.between(200, 3000) : 0,
      },
      behaviour,
    },
    clientLink: link(random, 5000, random.chance(badRatio)),
    targetLink: link(random, 2000, random.chance(badRatio)),
    answerLink: link(random, 2000, random.chance(badRatio)),
    captureLossRatio: chosen.has('captureLoss') ? random.pick([0.003, 0.03, 0.2]) : 0,
    dropsMs: chosen.has('captureDrops') ? Array.from({ length: random.between(1, 4) }, () => span(300)) : [],
    sendsFailMs: chosen.has('sendsFail') ? (random.chance(0.7) ? [random.between(0, 1500), Number.POSITIVE_INFINITY] : span(6000)) : null,
    partitionMs: chosen.has('targetGone') ? [random.between(0, 1500), Number.POSITIVE_INFINITY] : chosen.has('partition') ? span(6000) : null,
    outageMs: chosen.has('relayOutage') ? span(20_000) : null,
    outageNoticedAfterMs: random.pick([0, 10, 300]),
    startAtMs: chosen.has('lateStart') ? random.between(1, 1500) : 0,
    mappingRestartMs: chosen.has('mappingRestarts') ? span(3000) : null,
    targetRestartMs: chosen.has('targetRestarts') ? span(3000) : null,
    targetRestartHow: random.pick(['close', 'reset', 'forget'] as const),
    stopAtMs: chosen.has('stoppedMidway') ? random.between(0, 3000) : Number.POSITIVE_INFINITY,
    storeBytes: chosen.has('storeFull') ? random.pick([4096, 8192, 32_768]) : 8 << 20,
    limits: {
      idleOpenMs: chosen.has('captureLoss') || chosen.has('captureDrops') || chosen.has('clientVanishes') ? 60_000 : 300_000,
      idleDoneMs: 20_000,
      sessions: chosen.has('tooManySessions') ? 1 : 1000,
      mtuBytes: random.chance(0.8) ? 1500 : random.pick([576, 1280, 9000]),
    },
    assistantHeldUpMs: only === null && !chosen.has('targetRestarts') && random.chance(0.1) ? span(900) : null,
    restMs: 0,
  };
  if (only === null && chosen.size === 0 && random.chance(0.15)) scenario.targetLink.mostPayloadBytes = isV6 ? 1220 : random.pick([1240, 536]);
  scenario.restMs = scenario.limits.parkAfterMs = random.between(0, 50);
  return scenario;
}
