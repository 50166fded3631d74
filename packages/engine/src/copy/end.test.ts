import { expect, test } from 'vitest';
import { Rig } from '../testing/rig.ts';

/** Two segments are on their way. */
const sending = () => {
  const rig = new Rig({ pacing: 'window' }).opened().client('P.', { payload: 'abc' }).client('P.', { seq: 3, payload: 'def' });
  rig.take();
  return rig;
};
const idle = () => {
  const rig = sending().target('P.', { ack: 6, payload: 'ok' }).wait(24);
  rig.take();
  return rig;
};

test.each<[string, () => Rig, string[], Record<string, number>]>([
  ['stop with nothing on its way: one reset, at exactly the next number', () => idle().stop(), ['R. 6 ack 2'], { stopped: 1 }],
  ['stop with bytes on their way: at both ends', () => sending().stop(), ['R. 6 ack 0', 'R. 0 ack 0'], { stopped: 1 }],
  ['a challenge ACK names the number', () => sending().stop().target('.', { ack: 3 }), ['R. 6 ack 0', 'R. 0 ack 0', 'R. 3 ack 0'], { stopped: 1 }],
  [
    'said again, asking for the number',
    () => sending().stop().wait(60),
    ['R. 6 ack 0', 'R. 0 ack 0', 'R. 6 ack 0', 'R. 0 ack 0', '. -1 ack 0'],
    { stopped: 1 },
  ],
  ['a reset by the target confirms', () => sending().stop().target('R', { seq: 0 }).wait(5000), ['R. 6 ack 0', 'R. 0 ack 0'], { stopped: 1 }],
  ['in the handshake: without an acknowledgement', () => new Rig().client('S', { seq: -1 }).stop(), ['S -1', 'R 0'], { stopped: 1 }],
  ['and its late SYN+ACK is reset too', () => new Rig().client('S', { seq: -1 }).stop().target('S.', { seq: -1 }), ['S -1', 'R 0', 'R 0'], { stopped: 1 }],
  ['a copy that never said SYN says nothing', () => new Rig({ isRelayUp: false }).client('S', { seq: -1 }).stop(), [], { stopped: 1 }],
  [
    'the client aborts: what it said first, then the reset',
    () => sending().client('R.', { seq: 6 }).target('.', { ack: 6 }),
    ['R. 6 ack 0'],
    { deliveredUnanswered: 1 },
  ],
  ['the client aborts while the target is silent: bytes again, no reset yet', () => sending().client('R.', { seq: 6 }), [], {}],
  [
    'a reset that overtook bytes waits for them',
    () => sending().client('R.', { seq: 9 }).client('P.', { seq: 6, payload: 'ghi' }).target('.', { ack: 9 }),
    ['P. 6 ack 0 ghi', 'R. 9 ack 0'],
    { deliveredUnanswered: 1 },
  ],
  [
    'the client aborts behind its FIN, which is lost',
    () => idle().client('F.', { seq: 6 }).client('R', { seq: 7 }),
    ['F. 6 ack 2', 'R. 7 ack 2', 'R. 6 ack 2'],
    { delivered: 1 },
  ],
  ['the online server aborts', () => idle().online('R.', { ack: 6 }), ['R. 6 ack 2'], { delivered: 1 }],
  ['a reset of an older connection of the port is not this one', () => idle().online('R', { seq: 4000 }).client('R', { seq: -90_000 }), [], {}],
])('%s', (_, run, injected, ended) => {
  const rig = run();
  expect(rig.take()).toEqual(injected);
  expect(rig.ended).toEqual(ended);
});

const closings: [string, (rig: Rig) => unknown, string[]][] = [
  [
    'the client first',
    (rig) => rig.client('F.', { seq: 6, ack: 0 }).target('.', { seq: 2, ack: 7 }).target('F.', { seq: 2, ack: 7 }),
    ['F. 6 ack 2', '. 7 ack 3'],
  ],
  ['the target first', (rig) => rig.target('F.', { seq: 2, ack: 6 }).client('F.', { seq: 6 }).target('.', { seq: 3, ack: 7 }), ['. 6 ack 3', 'F. 6 ack 3']],
  ['both at once', (rig) => rig.client('F.', { seq: 6 }).target('F.', { seq: 2, ack: 6 }).target('.', { seq: 3, ack: 7 }), ['F. 6 ack 2', '. 7 ack 3']],
];
test.each(closings)('closing, %s', (_, run, injected) => {
  const rig = idle();
  run(rig);
  expect(rig.take()).toEqual(injected);
  expect(rig.ended).toEqual({ delivered: 1 });
  rig.target('F.', { seq: 2, ack: 7 });
  expect(rig.take()).toEqual(['. 7 ack 3']); // our last ACK was lost
  rig.wait(1100);
  expect(rig.engine.copiesKnown).toBe(0);
});

test('after a half close the target may go on for as long as it likes', () => {
  const rig = idle().client('F.', { seq: 6 }).target('.', { seq: 2, ack: 7 });
  for (let at = 2; at < 20_002; at += 1000) rig.wait(1000).target('P.', { seq: at, ack: 7, payload: new Uint8Array(1000) });
  rig.wait(24);
  expect(rig.take().at(-1)).toBe('. 7 ack 20002');
  rig.target('F.', { seq: 20_002, ack: 7 });
  expect(rig.ended).toEqual({ delivered: 1 });
});

test('a target that never closes is reset when both real ends are through', () => {
  const rig = idle().client('F.', { seq: 6 }).online('F.', { ack: 7 }).target('.', { seq: 2, ack: 7 }).wait(21_000);
  expect(rig.take().at(-1)).toBe('R. 7 ack 2');
  expect(rig.ended).toEqual({ delivered: 1 });
});

test('resets beyond the rate wait for their turn and are counted; none is left out', () => {
  const rig = new Rig({ multiplier: 3, limits: { resetsAtOnce: 1, resetsPerSecond: 2 } }).client('S', { seq: -1 });
  for (const { sourcePort } of rig.copies) rig.target('S.', { seq: -1, port: sourcePort });
  rig.take();
  rig.stop();
  expect(rig.take()).toEqual(['R. 0 ack 0']);
  expect(rig.mapping).toMatchObject({ resets: 1, resetsHeld: 2 });
  rig.wait(30_000);
  expect(new Set(rig.packets.filter(({ flags }) => (flags & 4) !== 0).map(({ sourcePort }) => sourcePort)).size).toBe(3);
  expect(rig.engine.copiesKnown).toBe(0);
});
