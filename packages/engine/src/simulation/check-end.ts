// What must hold when the conversations are over, and when everything has stopped.
import { realClients } from '../allocator/source-choice.ts';
import { type Ending, endings } from '../ledger.ts';
import { copiesOf, everySession, Selection } from '../selection.ts';
import { checkLedger } from './check-step.ts';
import type { Copying } from './copying-plan.ts';
import type { Fault } from './scenario.ts';
import { type SessionModel, Violation, type World } from './world.ts';

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
  storeFull: ['overLimit'],
  tooManySessions: ['overLimit'],
  clientVanishes: ['timedOut'],
  portReuse: [],
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
    const model = world.sessions.find(({ plan }) => plan.iss === copy.session.clientIss)!;
    const isOnlineThere = model.online?.state === 'established'; // the client's reset was lost on its way
    const isMoving = world.schedule.nowMs - copy.progressAtMs < 30_000 || copy.resendAtMs !== 0;
    if (model.client.state !== 'established' && !isOnlineThere && !isMoving)
      throw new Violation(`the copy from port ${copy.sourcePort} goes on, its client (${model.client.state}) does not`);
  }
  if (isHarmless(world)) for (const model of world.sessions) checkDelivered(world, model);
}

const harmless: ReadonlySet<Fault> = new Set(['targetMute', 'targetNeverCloses', 'partition', 'relayOutage', 'portReuse']);
const isHarmless = ({ scenario }: World): boolean => [...scenario.faults].every((fault) => harmless.has(fault));

/** Every copy has what the online server received. */
function checkDelivered(world: World, model: SessionModel): void {
  if (model.online === null) return;
  const least = model.online.received.length;
  if (least === 0) return; // reset perhaps before its target took it
  if (world.engineIsBusyWith(model)) return; // the target is slow
  const full = model.targets.filter((peer) => peer.received.length >= least).length;
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
  if (engine.copiesKnown !== 0) throw new Violation(`${engine.copiesKnown} copies are still known`);
  if (mapping.sessionsOpen !== 0) throw new Violation(`${mapping.sessionsOpen} sessions are still open`);
  if (engine.sessionsKnown !== 0) throw new Violation(`${engine.sessionsKnown} sessions are still known`);
  if (engine.clientPairsKnown !== 0) throw new Violation(`${engine.clientPairsKnown} pairs of clients that have left are still reserved`);
  for (const model of world.sessions) {
    const left = model.targets.filter((peer) => peer.state === 'established' && !peer.isFinQueued && !world.excusedPorts.has(peer.remotePort)).length;
    if (left > 0) throw new Violation(`${left} copies of the session from port ${model.plan.port} are still established on the target`);
  }
}
