// A host with too much to do: whole sessions are left out, and everything is accounted for.
import { expect, test } from 'vitest';
import { bucketsOf, Rig } from './testing/rig.ts';

const open = (rig: Rig, ...ports: number[]): Rig => {
  for (const port of ports) {
    rig.client('S', { seq: -1, port }).online('S.', { seq: -1, port }).target('S.', { seq: -1, port });
    rig.client('.', { port }).client('P.', { port, payload: 'abc' });
  }
  return rig;
};
const livePorts = (rig: Rig): number[] => rig.copies.filter(({ ending }) => ending === null).map(({ sourcePort }) => sourcePort);
const accounts = ({ mapping: { ledger } }: Rig) => [ledger.copies, ledger.exchanges, ledger.bytes].map((account) => [bucketsOf(account), account.inFlight]);

test('a session that begins meanwhile is not copied, whole, with all that is said on it; one that begins later is', () => {
  const rig = open(new Rig(), 3000);
  rig.engine.setShedding(true, rig.nowMs);
  open(rig, 3001);
  rig.engine.setShedding(false, rig.nowMs);
  rig.client('P.', { port: 3001, seq: 3, payload: 'de' });
  open(rig, 3002);
  expect(livePorts(rig).sort()).toEqual([3000, 3002]);
  expect(rig.engine.sessionsShed).toBe(1);
  expect(accounts(rig)).toEqual([
    [{ overLimit: 1 }, 2],
    [{ overLimit: 1 }, 2],
    [{ overLimit: 5 }, 6],
  ]);
});

test('a connection that is met in the middle is left alone as well', () => {
  const rig = new Rig();
  rig.engine.setShedding(true, rig.nowMs);
  rig.client('P.', { port: 3000, payload: 'abc' });
  rig.engine.setShedding(false, rig.nowMs);
  rig.client('P.', { port: 3000, seq: 3, ack: 2, payload: 'de' });
  expect(livePorts(rig)).toEqual([]);
  expect(rig.engine.sessionsShed).toBe(1);
  expect(accounts(rig).map(([ended]) => ended)).toEqual([{ overLimit: 1 }, { overLimit: 2 }, { overLimit: 5 }]);
});

test('the youngest sessions end with a reset, and stay ended whatever their clients say', () => {
  const rig = open(new Rig({ midStream: 'immediate' }), 3000, 3001, 3002, 3003);
  rig.take();
  expect(rig.engine.shed(0.4, rig.nowMs), 'rounded up').toBe(2);
  expect(
    rig.take().map((line) => line.split(' ')[0]),
    'each twice',
  ).toEqual(['R.', 'R.', 'R.', 'R.']);
  expect(livePorts(rig)).toEqual([3000, 3001]);
  for (const port of [3002, 3003]) rig.client('P.', { port, seq: 3, ack: 2, payload: 'de' });
  rig.wait(2000);
  for (const port of [3002, 3003]) rig.client('P.', { port, seq: 5, ack: 4, payload: 'fg' });
  expect(livePorts(rig)).toEqual([3000, 3001]);
  expect(rig.engine.sessionsShed).toBe(2);
  const [copies, exchanges, bytes] = accounts(rig);
  expect([copies, exchanges, bytes]).toEqual([
    [{ overLimit: 2 }, 2],
    [{ overLimit: 6 }, 2],
    [{ overLimit: 14 }, 6],
  ]);
});

test('a copy that ended is not replaced until it is over', () => {
  const rig = open(new Rig({ midStream: 'immediate' }), 3000);
  rig.engine.setShedding(true, rig.nowMs);
  rig.target('R.', { port: 3000, ack: 3 }).client('P.', { port: 3000, seq: 3, payload: 'de' });
  expect(livePorts(rig)).toEqual([]);
  rig.engine.setShedding(false, rig.nowMs);
  rig.wait(2000);
  rig.client('P.', { port: 3000, seq: 5, payload: 'fg' });
  expect(livePorts(rig)).toHaveLength(1);
});
