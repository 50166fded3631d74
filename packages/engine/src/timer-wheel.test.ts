import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Timed, TimerWheel } from './timer-wheel.ts';

class Item implements Timed {
  deadlineMs = 0;
  wheelAtMs = -1;
  firedAtMs: number[] = [];
}

const command = fc.oneof(
  fc.record({ kind: fc.constant('arm' as const), item: fc.integer({ min: 0, max: 4 }), inMs: fc.integer({ min: 0, max: 9000 }) }),
  fc.record({ kind: fc.constant('cancel' as const), item: fc.integer({ min: 0, max: 4 }), inMs: fc.constant(0) }),
  fc.record({ kind: fc.constant('advance' as const), item: fc.constant(0), inMs: fc.integer({ min: 0, max: 12_000 }) }),
);

test('every item is called once, not before its deadline, and by the first call behind it', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), fc.integer({ min: 0, max: 10_000 }), (commands, startMs) => {
      const wheel = new TimerWheel<Item>(startMs);
      const items = Array.from({ length: 5 }, () => new Item());
      let nowMs = startMs;
      for (const { kind, item: index, inMs } of [...commands, { kind: 'advance' as const, item: 0, inMs: 20_000 }]) {
        const item = items[index]!;
        if (kind === 'arm') {
          item.deadlineMs = nowMs + inMs + 1;
          wheel.arm(item);
        } else if (kind === 'cancel') item.deadlineMs = 0;
        else {
          nowMs += inMs;
          const due = items.filter(({ deadlineMs }) => deadlineMs !== 0 && deadlineMs <= nowMs);
          const fired: Item[] = [];
          wheel.advance(nowMs, (each) => {
            fired.push(each);
            each.deadlineMs = 0;
          });
          expect(new Set(fired)).toEqual(new Set(due));
          expect(fired.length).toBe(due.length);
        }
      }
      expect(wheel.size).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test('an item that is armed again while it is called comes again', () => {
  const wheel = new TimerWheel<Item>(0);
  const item = new Item();
  item.deadlineMs = 5;
  wheel.arm(item);
  let calls = 0;
  for (let nowMs = 0; nowMs <= 100; nowMs += 4) {
    wheel.advance(nowMs, () => {
      calls++;
      item.deadlineMs = nowMs + 10;
      wheel.arm(item);
    });
  }
  expect(calls).toBe(8); // at 8, 20, 32, ... 92
});

test('an item is on the wheel once, and not at all when it was disarmed', () => {
  const wheel = new TimerWheel<Item>(0);
  const [item, other] = [new Item(), new Item()];
  for (const deadlineMs of [900, 30, 500]) {
    item.deadlineMs = other.deadlineMs = deadlineMs;
    wheel.arm(item);
    wheel.arm(other);
  }
  expect(wheel.size).toBe(2);
  wheel.disarm(item);
  wheel.disarm(item);
  expect(wheel.size).toBe(1);
  const fired: Item[] = [];
  wheel.advance(1000, (each) => fired.push(each));
  expect([fired, wheel.size]).toEqual([[other], 0]);
});
