// One session at a time: where its copies, exchanges and bytes end.
import { expect, test } from 'vitest';
import { everySession } from './selection.ts';
import { bucketsOf, Rig, type RigOptions } from './testing/rig.ts';

type Accounts = {
  copies?: Record<string, number>;
  exchanges?: Record<string, number>;
  bytes?: Record<string, number>;
  open?: [copies: number, exchanges: number, bytes: number];
};
type Case = [name: string, run: (rig: Rig) => unknown, expected: Accounts, options?: RigOptions];

/** The client asks for 3 bytes, the online server answers 2, the client has them. */
const asked = (rig: Rig) => rig.opened().client('P.', { payload: 'abc' }).online('P.', { ack: 3, payload: 'ok' });
const answered = (rig: Rig) => asked(rig).target('P.', { ack: 3, payload: 'ok' });
const again = (rig: Rig) => rig.client('P.', { seq: 3, ack: 2, payload: 'de' });
const closed = (rig: Rig, at: number) =>
  rig
    .client('F.', { seq: at, ack: 2 })
    .target('.', { seq: 2, ack: at + 1 })
    .target('F.', { seq: 2, ack: at + 1 });

const good: Case[] = [
  ['a turn is asked when the client speaks', asked, { open: [1, 1, 3] }],
  ['bytes are delivered with their acknowledgement', (rig) => asked(rig).target('.', { ack: 2 }), { bytes: { delivered: 2 }, open: [1, 1, 1] }],
  ['an exchange with the first answer to all of it', answered, { exchanges: { delivered: 1 }, bytes: { delivered: 3 }, open: [1, 0, 0] }],
  [
    'what the client says before it has seen an answer belongs to the same turn',
    (rig) => asked(rig).client('P.', { seq: 3, payload: 'x' }),
    { open: [1, 1, 4] },
  ],
  ['a second turn is a second exchange', (rig) => again(answered(rig)), { exchanges: { delivered: 1 }, bytes: { delivered: 3 }, open: [1, 1, 2] }],
  ['all answered, all closed', (rig) => closed(answered(rig), 3), { copies: { delivered: 1 }, exchanges: { delivered: 1 }, bytes: { delivered: 3 } }],
  ['a greeting asks for nothing', (rig) => rig.opened().online('P.', { payload: 'hello' }).client('.', { ack: 5 }), { open: [1, 0, 0] }],
  [
    'the first turn behind a greeting is one exchange',
    (rig) =>
      rig
        .opened()
        .online('P.', { payload: 'hi' })
        .client('P.', { ack: 2, payload: 'abc' })
        .target('P.', { payload: 'hi' })
        .target('P.', { seq: 2, ack: 3, payload: 'x' }),
    { exchanges: { delivered: 1 }, bytes: { delivered: 3 }, open: [1, 0, 0] },
  ],
  [
    'an answer to a part of the turn is none while the rest waits to be sent',
    (rig) => rig.opened({ window: 3 }).client('P.', { payload: 'abcdef' }).target('P.', { ack: 3, payload: 'so soon', window: 0 }),
    { bytes: { delivered: 3 }, open: [1, 1, 3] },
  ],
  [
    'an answer whose header was lost on its way here shows in the numbers',
    (rig) => asked(rig).target('.', { seq: 2, ack: 3 }),
    { exchanges: { delivered: 1 }, bytes: { delivered: 3 }, open: [1, 0, 0] },
  ],
  [
    'the answer to a later turn answers those before it, where nobody waits',
    (rig) => again(asked(rig)).target('P.', { ack: 5, payload: 'both' }),
    { exchanges: { delivered: 2 }, bytes: { delivered: 5 }, open: [1, 0, 0] },
    { pacing: 'window' },
  ],
  [
    'the answer to the turn before is not one to the next',
    (rig) => again(asked(rig)).target('P.', { ack: 3, payload: 'ok' }),
    { exchanges: { delivered: 1 }, bytes: { delivered: 3 }, open: [1, 1, 2] },
    { pacing: 'window' },
  ],
  [
    'an answer that comes with the acknowledgement of all bytes but the FIN',
    (rig) => asked(rig).client('F.', { seq: 3 }).target('P.', { ack: 3, payload: 'ok' }),
    { exchanges: { delivered: 1 }, bytes: { delivered: 3 }, open: [1, 0, 0] },
  ],
];

const unanswered: Case[] = [
  [
    'nothing within 10 s: the next turn goes, the first stays unanswered',
    (rig) => again(asked(rig)).target('.', { ack: 3 }).wait(10_100).target('P.', { ack: 5, payload: 'late' }),
    { exchanges: { delivered: 1, deliveredUnanswered: 1 }, bytes: { delivered: 5 }, open: [1, 0, 0] },
  ],
  [
    'the FIN of the target is no answer',
    (rig) => asked(rig).target('F.', { ack: 3 }).client('F.', { seq: 3, ack: 2 }).target('.', { seq: 1, ack: 4 }),
    { copies: { deliveredUnanswered: 1 }, exchanges: { deliveredUnanswered: 1 }, bytes: { delivered: 3 } },
  ],
  [
    'but one with payload is',
    (rig) => asked(rig).client('F.', { seq: 3, ack: 2 }).target('F.', { ack: 3, payload: 'ok' }).target('.', { seq: 3, ack: 4 }),
    { copies: { delivered: 1 }, exchanges: { delivered: 1 }, bytes: { delivered: 3 } },
  ],
  [
    'closed without an answer while nobody waits for any',
    (rig) => asked(rig).target('.', { ack: 3 }).client('F.', { seq: 3, ack: 2 }).target('F.', { ack: 4 }),
    { copies: { deliveredUnanswered: 1 }, exchanges: { deliveredUnanswered: 1 }, bytes: { delivered: 3 } },
    { pacing: 'window' },
  ],
];

const lost: Case[] = [
  [
    'reset by the target: what it has stays delivered',
    (rig) => again(asked(rig).target('.', { ack: 2 })).target('R', { seq: 0 }),
    { copies: { resetByTarget: 1 }, exchanges: { resetByTarget: 2 }, bytes: { delivered: 2, resetByTarget: 3 } },
    { pacing: 'window' },
  ],
  [
    'what the client says to a copy that has ended goes the same way',
    (rig) => again(asked(rig).target('R', { seq: 0 })),
    { copies: { resetByTarget: 1 }, exchanges: { resetByTarget: 2 }, bytes: { resetByTarget: 5 } },
  ],
  [
    'and what was missed of it too',
    (rig) => asked(rig).target('R', { seq: 0 }).client('P.', { seq: 10, payload: 'xyz' }).client('P.', { seq: 3, payload: 'late' }),
    { copies: { resetByTarget: 1 }, exchanges: { resetByTarget: 1 }, bytes: { resetByTarget: 13 } },
  ],
  [
    'refused',
    (rig) => rig.client('S', { seq: -1 }).client('P.', { payload: 'abc' }).target('R.', { seq: -1 }),
    { copies: { refusedByTarget: 1 }, exchanges: { refusedByTarget: 1 }, bytes: { refusedByTarget: 3 } },
  ],
  ['stopped', (rig) => asked(rig).stop(), { copies: { stopped: 2 }, exchanges: { stopped: 2 }, bytes: { stopped: 6 } }, { multiplier: 2 }],
  [
    'open before the mapping: with all that is said on it',
    (rig) =>
      rig
        .client('P.', { seq: 50, payload: 'abc' })
        .client('P.', { seq: 50, payload: 'abc' })
        .client('P.', { seq: 53, ack: 9, payload: 'de' })
        .client('F.', { seq: 55 }),
    { copies: { midStreamSkipped: 3 }, exchanges: { midStreamSkipped: 6 }, bytes: { midStreamSkipped: 15 } },
    { multiplier: 3 },
  ],
  [
    'sampled out: with all that is said on it',
    (rig) => rig.client('S', { seq: -1 }).client('S', { seq: -1 }).client('P.', { payload: 'abc' }).client('P.', { seq: 3, ack: 9, payload: 'de' }),
    { copies: { sampledOut: 1 }, exchanges: { sampledOut: 2 }, bytes: { sampledOut: 5 } },
    { mapping: { selection: { ...everySession, percent: 0 } } },
  ],
  [
    'over the limit: counted once, however often its SYN comes, and when there is room again',
    (rig) => {
      rig.opened().client('S', { seq: -1, port: 4001 }).client('S', { seq: -1, port: 4001 });
      rig.client('R', { port: 4000 }).wait(6000).client('P.', { port: 4001, payload: 'abc' });
    },
    { copies: { delivered: 1, overLimit: 1 }, exchanges: { overLimit: 1 }, bytes: { overLimit: 3 } },
    { limits: { sessions: 1 } },
  ],
  [
    'more bytes than may be held',
    (rig) =>
      rig
        .opened({ window: 0 })
        .client('.', { payload: new Uint8Array(600) })
        .client('P.', { seq: 600, payload: new Uint8Array(600) })
        .client('P.', { seq: 1200, payload: 'x' }),
    { copies: { overLimit: 1 }, exchanges: { overLimit: 1 }, bytes: { overLimit: 1201 } },
    { limits: { sessionBytes: 1000 } },
  ],
];

const missed = (rig: Rig) => asked(rig).target('.', { ack: 3 });
const causes: Case[] = [
  [
    'a hole in the capture',
    (rig) => missed(rig).online('.', { ack: 9 }),
    { copies: { unfillableGap: 1 }, exchanges: { unfillableGap: 1 }, bytes: { delivered: 3 } },
  ],
  [
    'a hole where the kernel dropped packets',
    (rig) => missed(rig).drop().online('.', { ack: 9 }),
    { copies: { captureDrop: 1 }, exchanges: { captureDrop: 1 }, bytes: { delivered: 3 } },
  ],
  [
    'the bytes of the hole, and those behind it, count too',
    (rig) => missed(rig).drop().client('P.', { seq: 8, payload: 'x' }).online('.', { ack: 9 }).client('P.', { seq: 9, payload: 'y' }),
    { copies: { captureDrop: 1 }, exchanges: { captureDrop: 1 }, bytes: { delivered: 3, captureDrop: 7 } },
  ],
  [
    'a drop before the stream went on is none of its own',
    (rig) => rig.drop().wait(3000) && missed(rig).online('.', { ack: 9 }),
    { copies: { unfillableGap: 1 }, exchanges: { unfillableGap: 1 }, bytes: { delivered: 3 } },
  ],
  [
    'unless it was a moment ago: the client may have said again what came before',
    (rig) => missed(rig.drop()).online('.', { ack: 9 }),
    { copies: { captureDrop: 1 }, exchanges: { captureDrop: 1 }, bytes: { delivered: 3 } },
  ],
  [
    'a beginning that was dropped',
    (rig) => rig.drop().client('P.', { payload: 'abc' }),
    { copies: { captureDrop: 1 }, exchanges: { captureDrop: 1 }, bytes: { captureDrop: 3 } },
  ],
  [
    'long after a drop',
    (rig) => rig.drop().wait(2100).client('P.', { payload: 'abc' }),
    { copies: { midStreamSkipped: 1 }, exchanges: { midStreamSkipped: 1 }, bytes: { midStreamSkipped: 3 } },
  ],
  [
    'an end that was dropped',
    (rig) => answered(rig).drop().wait(1_812_000),
    { copies: { captureDrop: 1 }, exchanges: { delivered: 1 }, bytes: { delivered: 3 } },
  ],
  ['a silent client', (rig) => answered(rig).wait(1_812_000), { copies: { timedOut: 1 }, exchanges: { delivered: 1 }, bytes: { delivered: 3 } }],
  ['a silent target', (rig) => asked(rig).wait(600_000), { copies: { timedOut: 1 }, exchanges: { timedOut: 1 }, bytes: { timedOut: 3 } }],
  [
    'every send refused',
    (rig) => asked(rig.refuseSends()).wait(600_000),
    { copies: { sendFailed: 1 }, exchanges: { sendFailed: 1 }, bytes: { sendFailed: 3 } },
  ],
  ['a handshake that could not be sent', (rig) => rig.refuseSends().client('S', { seq: -1 }).wait(100_000), { copies: { sendFailed: 1 } }],
  [
    'a refusal long ago is no reason',
    (rig) => rig.refuseSends().opened().client('P.', { payload: 'abc' }).wait(1000).refuseSends(false).target('.', { ack: 1 }).wait(600_000),
    { copies: { timedOut: 1 }, exchanges: { timedOut: 1 }, bytes: { delivered: 1, timedOut: 2 } },
  ],
];

test.each([...good, ...unanswered, ...lost, ...causes])('%s', (_, run, { copies = {}, exchanges = {}, bytes = {}, open = [0, 0, 0] }, options = {}) => {
  const rig = new Rig(options);
  run(rig);
  const { ledger } = rig.mapping;
  expect({ copies: bucketsOf(ledger.copies), exchanges: bucketsOf(ledger.exchanges), bytes: bucketsOf(ledger.bytes) }).toEqual({ copies, exchanges, bytes });
  expect([ledger.copies.inFlight, ledger.exchanges.inFlight, ledger.bytes.inFlight]).toEqual(open);
});

test('more sessions than can be known: their copies are counted, what they say is not', () => {
  const rig = new Rig({ limits: { sessions: 1, sessionsLeftAlone: 1 } }).opened();
  for (const port of [4001, 4002, 4003]) rig.client('S', { seq: -1, port }).client('P.', { port, payload: 'abc' });
  expect(bucketsOf(rig.mapping.ledger.copies)).toEqual({ overLimit: 3 });
  expect(bucketsOf(rig.mapping.ledger.bytes)).toEqual({ overLimit: 3 });
});
