// What must hold when the conversations are over, and when everything has stopped.
import { realClients } from '../allocator/source-choice.ts';
import { type Ending, endings } from '../ledger.ts';
import { defaultLimits } from '../limits.ts';
import { copiesOf, everySession, Selection } from '../selection.ts';
import { checkLedger } from './check-step.ts';
import type { SessionModel } from './conversations.ts';
import type { Copying } from './copying-plan.ts';
import { type Fault, restarts } from './scenario.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

const always: readonly Ending[] = ['delivered', 'deliveredUnanswered'];

/** The buckets that each fault may move, besides the good ones. */
const moves: Record<Fault, readonly Ending[]> = {
  captureLoss: ['unfillableGap', 'midStreamSkipped', 'timedOut'],
  captureDrops: ['captureDrop'],
  sendsFail: ['sendFailed'],
  targetRefuses: ['refusedByTarget', 'timedOut'], // every refusal may be lost
  targetResets: ['resetByTarget', 'timedOut'],
  targetClosesEarly: ['closedEarlyByTarget', 'resetByTarget', 'timedOut'],
  targetMute: [],
  targetNeverCloses: [],
  targetGone: ['timedOut'],
  partition: [],
  relayOutage: [],
  stoppedMidway: [],
  storeFull: ['overLimit', 'unfillableGap'], // what came early is not kept either
  tooManySessions: ['overLimit'],
  clientVanishes: ['timedOut'],
  portReuse: [],
  lateStart: ['midStreamSkipped'],
  mappingRestarts: ['midStreamSkipped'],
  targetRestarts: ['refusedByTarget', 'resetByTarget', 'closedEarlyByTarget', 'timedOut'],
};

/** The buckets that a choice of sessions and ports may move. */
function movedBy(copying: Copying | null): Ending[] {
  if (copying === null) return [];
  const isEvery = copying.multiplier >= 1 && copying.selection === everySession;
  return [...(isEvery ? [] : (['sampledOut'] as const)), ...(copying.sources === realClients ? [] : (['noPortFree'] as const))];
}

/** Before the stop: nobody who should have ended is left over, every bucket was moved by a fault that names it. */
export function checkSettled(world: World): void {
  const { scenario, mapping, engine } = world;
  const allowed = new Set<Ending>(always);
  for (const fault of scenario.faults) for (const ending of moves[fault]) allowed.add(ending);
  if (scenario.faults.has('captureDrops') && scenario.clientLink.lossRatio > 0) allowed.add('midStreamSkipped'); // the SYN was lost by the capture, and all else on its way for longer than drops are remembered
  if (world.tap.longestSilenceMs >= (scenario.limits.idleDoneMs ?? defaultLimits.idleDoneMs)) allowed.add('timedOut'); // longer than one is waited for that has finished on one side
  if (scenario.midStream === 'immediate') allowed.add('unfillableGap'); // bytes that came before the one it begins with are not kept
  if (world.mayGetPartsOfRequests) allowed.add('resetByTarget'); // the target makes nothing of them
  for (const copying of [scenario.copying.first, scenario.copying.second]) for (const ending of movedBy(copying)) allowed.add(ending);
  for (const ending of endings) {
    if (allowed.has(ending)) continue;
    for (const kind of ['copies', 'exchanges', 'bytes'] as const) {
      const count = mapping.ledger[kind].ended[ending];
      if (count > 0) throw new Violation(`${count} ${kind} ended as ${ending}, and no fault says so`);
    }
  }
  if (scenario.faults.has('stoppedMidway')) return;
  for (const copy of engine.copies()) {
    if (copy.ending !== null) continue;
    const model = world.conversations.modelOf(copy.session);
    const isOnlineThere = model.online?.state === 'established'; // the client's reset was lost on its way
    const mayMissEnd = scenario.faults.has('captureDrops') || scenario.faults.has('captureLoss'); // then only silence tells
    const patienceMs = mayMissEnd ? (scenario.limits.idleOpenMs ?? defaultLimits.idleOpenMs) : 30_000;
    const isMoving = world.schedule.nowMs - copy.progressAtMs < patienceMs || copy.resendAtMs !== 0;
    if (model.client.state !== 'established' && !isOnlineThere && !isMoving)
      throw new Violation(`the copy from port ${copy.sourcePort} goes on, its client (${model.client.state}) does not`);
  }
  const isResuming = scenario.midStream === 'boundary' && [...scenario.faults].every((fault) => restarting.has(fault));
  const isLossless = scenario.targetLink.lossRatio + scenario.answerLink.lossRatio === 0 && !scenario.targetLink.isReordering;
  if (isResuming && !world.mayGetPartsOfRequests && (isLossless || !scenario.faults.has('targetRestarts')))
    for (const model of world.conversations.all) checkResumed(world, model);
  if (isHarmless(world)) for (const model of world.conversations.all) checkDelivered(world, model);
}

const harmless: ReadonlySet<Fault> = new Set(['targetMute', 'targetNeverCloses', 'partition', 'relayOutage', 'portReuse']);
const isHarmless = ({ scenario }: World): boolean => [...scenario.faults].every((fault) => harmless.has(fault));

/** Faults after which late copies begin, and no others. */
const restarting: ReadonlySet<Fault> = new Set([...restarts, 'portReuse']);
/** A target that is back is spoken to again within this, and by sessions that found out that their copies are gone. */
const RESUMED_WITHIN_MS = 2000;
const FOUND_OUT_WITHIN_MS = 500;

/** What a session says from its second request on, after the mapping started or the target came back, reaches the target whole. */
function checkResumed(world: World, model: SessionModel): void {
  const { scenario } = world;
  const [expected] = copiesExpected(world, model);
  const isPlain = [scenario.copying.first, scenario.copying.second ?? scenario.copying.first].every(
    ({ multiplier, selection, sources }) => Number.isInteger(multiplier) && selection === everySession && sources === realClients,
  );
  if (world.engineIsBusyWith(model) || model.online === null) return; // the target is slow
  const startMs = scenario.startAtMs + (scenario.mappingRestartMs?.[1] ?? 0);
  const backMs = scenario.targetRestartMs?.[1] ?? 0;
  const { said } = model.app;
  for (const [index, request] of said.entries()) {
    if (!request.isClean || model.online.received.length < request.to) continue;
    const isFresh = model.openedAtMs >= startMs;
    const isKnown = isFresh || (index > 0 && said[index - 1]!.atMs >= startMs);
    const isBack =
      backMs === 0 ||
      model.openedAtMs >= backMs ||
      (request.atMs >= backMs + RESUMED_WITHIN_MS && said.some(({ atMs }) => atMs >= backMs && atMs + FOUND_OUT_WITHIN_MS <= request.atMs));
    if (!isKnown || !isBack) continue;
    const fewest = isFresh || isPlain ? expected : 0; // who has not seen its beginning draws another lot for it
    const whole = model.targets.filter(({ peer, base }) => base <= request.from && base + peer.received.length >= request.to).length;
    if (whole < fewest)
      throw new Violation(`${whole} of ${fewest} copies of the session from port ${model.plan.port} have the request at byte ${request.from}`);
    if (!isFresh || backMs > 0) world.resumed++;
  }
}

/** Every copy has what the online server received. */
function checkDelivered(world: World, model: SessionModel): void {
  if (model.online === null) return;
  const least = model.online.received.length;
  if (least === 0) return; // reset perhaps before its target took it
  if (world.engineIsBusyWith(model)) return; // the target is slow
  const full = model.targets.filter(({ peer, base }) => base === 0 && peer.received.length >= least).length;
  const [fewest, most] = copiesExpected(world, model);
  if (full < fewest || full > most)
    throw new Violation(`${full} copies of the session from port ${model.plan.port} have all ${least} bytes; between ${fewest} and ${most} should`);
}

/** How many copies a session may have: as many as the multiplier says, none where it may be left out, fewer where ports may be short. */
function copiesExpected({ scenario }: World, { plan, client }: SessionModel): [number, number] {
  const { first, second } = scenario.copying;
  const ranges = [first, second ?? first].map(({ multiplier, selection, sources }): [number, number] => {
    const session = { client: client.address, clientPort: plan.port, serverPort: 80, clientIss: plan.iss };
    const copies = copiesOf(multiplier, session);
    const { ramp, maxSessions } = selection;
    const isSurelyIn = ramp === null && maxSessions === null;
    const isIn = new Selection({ ...selection, ramp: null, maxSessions: null }, 0).admits(session, 0, 0);
    const most = isIn || ramp !== null ? copies : 0;
    return [isSurelyIn && sources === realClients ? most : 0, most];
  });
  return [Math.min(...ranges.map(([least]) => least)), Math.max(...ranges.map(([, most]) => most))];
}

/** After the stop: the account is closed, nothing is held, nobody is left at the target. */
export function checkEnd(world: World): void {
  const { engine, mapping } = world;
  checkLedger(world);
  for (const kind of ['copies', 'exchanges', 'bytes'] as const) {
    const { inFlight } = mapping.ledger[kind];
    if (inFlight !== 0) throw new Violation(`${inFlight} ${kind} never ended`);
  }
  if (engine.storeUsedBytes !== 0) throw new Violation(`${engine.storeUsedBytes} bytes of the store were never given back`);
  if (engine.exchangesHeld !== 0) throw new Violation(`${engine.exchangesHeld} exchanges are still held`);
  if (engine.copiesKnown !== 0) throw new Violation(`${engine.copiesKnown} copies are still known`);
  if (mapping.sessionsOpen !== 0) throw new Violation(`${mapping.sessionsOpen} sessions are still open`);
  if (mapping.sessionsCopied !== 0) throw new Violation(`${mapping.sessionsCopied} sessions are still copied`);
  if (engine.sessionsKnown !== 0) throw new Violation(`${engine.sessionsKnown} sessions are still known`);
  if (engine.clientPairsKnown !== 0) throw new Violation(`${engine.clientPairsKnown} pairs of clients that have left are still reserved`);
  for (const model of world.conversations.all) {
    const left = model.targets.filter(
      ({ peer }) => peer.state === 'established' && !peer.isFinQueued && !world.endings.excusedPorts.has(peer.remotePort),
    ).length;
    if (left > 0) throw new Violation(`${left} copies of the session from port ${model.plan.port} are still established on the target`);
  }
}
