// What must hold after every step of the engine.
import type { Copy } from '../copy/copy.ts';
import { Lingering } from '../copy/lingering.ts';
import { endings } from '../ledger.ts';
import { NONE } from '../pieces.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

const LATE_MS = 5; // the wheel is called every 4 ms

export function checkStep(world: World): void {
  if (world.mapping === undefined) return; // it starts later
  checkLedger(world);
  for (const copy of world.engine.copies()) {
    if (copy.ending !== null && world.endings.note(copy)) world.trace.add(world.schedule.nowUs, `port ${copy.sourcePort} ended as ${copy.ending}`);
  }
  const nowMs = Math.floor(world.schedule.nowMs);
  for (const copy of world.engine.copies()) {
    if (!(copy instanceof Lingering)) checkCopy(copy, nowMs);
    else if (copy.deadlineMs < nowMs - LATE_MS)
      throw new Violation(`what is left at port ${copy.sourcePort} should have gone at ${copy.deadlineMs}, it is ${nowMs}`);
  }
  if (world.engine.storeUsedBytes < 0 || world.engine.storeUsedBytes > world.scenario.storeBytes)
    throw new Violation(`the store holds ${world.engine.storeUsedBytes} bytes`);
}

export function checkLedger(world: World): void {
  const { ledger, copiesOpen } = world.mapping;
  const open = { copies: 0, exchanges: 0, bytes: 0 };
  for (const copy of world.engine.copies()) {
    if (copy.ending !== null) {
      if (!(copy instanceof Lingering) && copy.exchangesOpen !== 0) fail(copy, `${copy.exchangesOpen} exchanges are open behind its end`);
      continue;
    }
    open.copies++;
    open.exchanges += copy.exchangesOpen;
    open.bytes += copy.bytesAsked - copy.bytesDelivered;
  }
  if (copiesOpen !== open.copies) throw new Violation(`${open.copies} copies are open, ${copiesOpen} are counted`);
  for (const kind of ['copies', 'exchanges', 'bytes'] as const) {
    const { asked, ended } = ledger[kind];
    let sum = open[kind];
    for (const ending of endings) {
      if (ended[ending] < 0) throw new Violation(`${ended[ending]} ${kind} ended as ${ending}`);
      sum += ended[ending];
    }
    if (sum !== asked) throw new Violation(`${asked} ${kind} were asked for, ${sum - open[kind]} ended and ${open[kind]} are open`);
  }
}

const fail = (copy: Copy, what: string): never => {
  throw new Violation(`copy from port ${copy.sourcePort} (${copy.state}): ${what}`);
};

function checkCopy(copy: Copy, nowMs: number): void {
  if (copy.deadlineMs !== 0) {
    if (copy.wheelAtMs === -1) fail(copy, 'its deadline is not on the wheel');
    if (copy.wheelAtMs > Math.max(copy.deadlineMs, nowMs + 1)) fail(copy, `due at ${copy.deadlineMs}, on the wheel at ${copy.wheelAtMs}`);
    if (copy.deadlineMs < nowMs - LATE_MS) fail(copy, `its deadline ${copy.deadlineMs} has passed at ${nowMs}`);
  }
  if (copy.state === 'closed') return;
  if (copy.state !== 'open' && copy.state !== 'opening') {
    if (copy.lingerAtMs === 0) fail(copy, 'it ends at no time');
    if (copy.headPiece !== NONE) fail(copy, 'it ended with pieces');
    return;
  }
  if (copy.nextPiece !== NONE && copy.held === null) fail(copy, 'bytes are held for no reason');
  if (copy.state === 'opening') {
    if (copy.mapping.isRelayUp && copy.resendAtMs === 0) fail(copy, 'its SYN will not be sent again');
    return;
  }
  const isOutstanding = copy.sendUnacked !== copy.sendMax;
  if (isOutstanding && copy.resendAtMs === 0 && copy.persistAtMs === 0) fail(copy, 'what is outstanding will not be sent again');
  if (copy.held === 'waiting for the answer' && copy.holdAtMs === 0 && copy.quietAtMs === 0 && copy.paceAtMs === 0)
    fail(copy, 'it may wait for the answer for ever');
  if (copy.held === 'target window' && !isOutstanding && copy.persistAtMs === 0) fail(copy, 'a zero window is not probed');
  if (copy.held === 'client timing' && copy.paceAtMs === 0) fail(copy, 'paced without a time');
}
