// Every own property of a session, of a copy and of an exchange either survives or keeps the session from being parked.
import { parseAddress } from '@parallax/wire';
import { beforeEach, expect, test } from 'vitest';
import { AddressBook } from '../address-book.ts';
import { Copy } from '../copy/copy.ts';
import type { Exchange } from '../latency/exchange.ts';
import { NOT_UNDERSTOOD } from '../latency/turns.ts';
import { Mapping } from '../mapping.ts';
import { Pushes } from '../session/pushes.ts';
import { Session } from '../session/session.ts';
import { Rig } from '../testing/rig.ts';
import { NumberReader, NumberWriter } from './numbers.ts';
import { hasNames, readSession, writeSession } from './record.ts';
import { isAtRest } from './rest.ts';

const other = new Mapping({ id: 'other', listen: { address: null, port: 80 }, target: { address: '10.0.1.9', port: 1 }, multiplier: 1, pacing: 'window' }, 0);

let session: Session;
let copy: Copy;
let exchange: Exchange;

/** One that asked and was answered, of two copies. */
beforeEach(() => {
  const rig = new Rig({ multiplier: 2 }).opened();
  const port = rig.copies[1]!.sourcePort;
  rig.target('S.', { seq: -1, port }).client('P.', { payload: 'ask' }).online('P.', { ack: 3, payload: 'yes' }).target('P.', { ack: 3, payload: 'yes' });
  rig.target('P.', { ack: 3, payload: 'yes', port }).wait(2000);
  session = [...rig.engine.sessions()][0] as Session;
  copy = session.copies[1]!;
  exchange = session.exchange!;
  copy.exchange = exchange; // as if it had not been answered
  exchange.references++;
});

/** As it is when it is awake again; null if it is not parked. */
function parkedAndWoken(): Session | null {
  if (!isAtRest(session, Number.POSITIVE_INFINITY) || !hasNames(session)) return null;
  const writer = new NumberWriter();
  const reader = new NumberReader();
  writer.restart(0);
  writeSession(writer, session);
  reader.moveTo(writer.words, 0);
  return readSession(reader, session.mappings, session.leftOut, new AddressBook());
}

const ends = (each: Session) => each.pushes?.ends();

function expectAsItWas(woken: Session | null): void {
  for (const each of session.copies) each.wheelAtMs = -1; // the wheel knows the copy that is no more
  expect(woken).toBeInstanceOf(Session);
  expect(woken).not.toBe(session);
  expect(woken).toEqual(session);
  expect(ends(woken!)).toEqual(ends(session)); // private
}

test('a session at rest comes back with its copies and the exchange that they share', () => {
  const woken = parkedAndWoken();
  expectAsItWas(woken);
  expect(woken!.copies.every((each) => each instanceof Copy && each.session === woken)).toBe(true);
  expect(woken!.copies[1]!.exchange).toBe(woken!.exchange);
  expect(woken!.exchange!.session).toBe(woken);
});

const pushesOf = (count: number): Pushes => {
  const pushes = new Pushes();
  for (let end = 0; end < count; end++) pushes.add(end * 1000);
  return pushes;
};

/** What properties that are no numbers may be instead. Of those without any here, what they hold is kept in other ways. */
const values: Record<string, Record<string, readonly unknown[]>> = {
  session: {
    client: [parseAddress('fd00::1:2')],
    server: [parseAddress('fd00::3')],
    clientPort: [1, 65_535],
    serverPort: [1, 65_535],
    isMet: [true],
    isSpeechKnown: [true],
    isSigned: [true],
    speech: ['unknown', 'hello', 'tls', 'plain'],
    turnKind: [NOT_UNDERSTOOD],
    urgentEnds: [[], [1, -2, 2 ** 31 - 1]],
    pushes: [pushesOf(0), pushesOf(3), pushesOf(70)],
  },
  copy: {
    source: [parseAddress('fd00::4')],
    target: [parseAddress('10.0.1.9')],
    isLate: [true],
    isProbed: [true],
    ending: ['timedOut'],
    state: ['opening', 'lingering', 'resetting', 'left', 'closed'],
    held: ['client timing', 'no route to the assistant'],
    exchange: [null],
  },
  exchange: { isAnsweredOnline: [false, true], kind: ['GET', NOT_UNDERSTOOD], early: [[other]], earlyUs: [[1]], next: [{}] },
};

/** Numbers of which another value keeps the session from being parked: what waits for time or for bytes to go is not at rest. */
const waiting: Record<string, readonly string[]> = {
  session: ['bytesHeld', 'tail', 'early', 'earlyBytes', 'exchangesHeld'],
  copy: ['headPiece', 'nextPiece', 'deadlineMs', 'resendAtMs', 'probeAtMs', 'ackAtMs', 'quietAtMs', 'holdAtMs', 'paceAtMs', 'persistAtMs', 'lingerAtMs'],
  exchange: ['references'],
};
/** Of the rest, what else does. */
const unfit = { session: ['turnKind'], copy: ['state', 'ending', 'held', 'exchange'], exchange: ['kind', 'early', 'earlyUs', 'next'] } as Record<
  string,
  readonly string[]
>;
/** Named by their place, kept by the parking itself, or the wheel's. */
const elsewhere: Record<string, readonly string[]> = {
  session: ['flags', 'mappings', 'leftOut', 'copies', 'absences', 'newcomers', 'talk', 'exchange'],
  copy: ['flags', 'session', 'mapping', 'talk', 'wheelAtMs'],
  exchange: ['session'],
};

const objects = () => ({ session, copy, exchange }) as unknown as Record<string, Record<string, unknown>>;

test.each(['session', 'copy', 'exchange'])('every property of a %s is kept, or keeps it awake', (kind) => {
  const names = Object.keys(objects()[kind]!).filter((name) => !elsewhere[kind]!.includes(name));
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) {
    const before = objects()[kind]![name];
    const changes = values[kind]![name] ?? (typeof before === 'number' ? [before + 1, before - 2 ** 20, before + 0.5, before + 2 ** 40] : []);
    expect(changes, `${kind}.${name} is a property that the test does not know`).not.toEqual([]);
    for (const value of changes) {
      if (value === before) continue;
      objects()[kind]![name] = value;
      const woken = parkedAndWoken();
      const isAwake = waiting[kind]!.includes(name) || unfit[kind]!.includes(name);
      if (isAwake) expect(woken, `${kind}.${name} = ${value}`).toBeNull();
      else expectAsItWas(woken);
      objects()[kind]![name] = before;
    }
  }
});

const booleansOf = (prototype: object): string[] =>
  Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([, { set }]) => set !== undefined)
    .map(([name]) => name);

test.each([
  ['session', booleansOf(Session.prototype), ['isEnded', 'isReplaced', 'hasFin', 'isReset', 'hasEarlyReset']],
  ['copy', booleansOf(Copy.prototype), ['isAckDue', 'isAwaitingStamp']],
] as const)('every boolean of a %s is kept, or keeps it awake', (kind, names, awake) => {
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) {
    objects()[kind]![name] = !objects()[kind]![name];
    const woken = parkedAndWoken();
    if (awake.includes(name as never)) expect(woken, `${kind}.${name}`).toBeNull();
    else expectAsItWas(woken);
    objects()[kind]![name] = !objects()[kind]![name];
  }
});

test('what is named by its mapping comes back: copies, absences, newcomers', () => {
  session.mappings = [...session.mappings, other];
  Object.assign(copy, { mapping: other });
  session.leftOut = [other];
  session.absences = [
    { mapping: other, ending: 'sampledOut', count: 3 },
    { mapping: session.mappings[0]!, ending: 'noPortFree', count: 1 },
  ];
  session.newcomers = [{ mapping: other, copies: 2, ending: 'midStreamSkipped', isCounted: true }];
  expectAsItWas(parkedAndWoken());
  session.mappings = session.mappings.slice(0, 1);
  expect(parkedAndWoken()).toBeNull(); // a copy of a mapping that the session does not name
});

test('without copies or an exchange, and with copies that are over', () => {
  Object.assign(session, { copies: [], liveCopies: 0, exchange: null, exchangesHeld: 0 });
  expectAsItWas(parkedAndWoken());
  Object.assign(copy, { state: 'closed', ending: 'timedOut', exchange: null });
  session.copies = [copy];
  expectAsItWas(parkedAndWoken());
});
