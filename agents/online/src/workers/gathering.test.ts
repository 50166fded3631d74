import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Gathering } from './gathering.ts';

beforeEach(() => void vi.useFakeTimers());

/** Of three paths, those in `living` are expected. */
function gather(living = [0, 1, 2]) {
  const told: [number, string][] = [];
  const gathering = new Gathering<string>(
    () => living,
    (parts, second) => told.push([second, parts.join(' ')]),
  );
  return { told, living, gathering, add: (path: number, second: number, offMs = 0) => gathering.add(path, `${path}@${second}`, second * 1000 + offMs) };
}

describe('what several paths tell of one second', () => {
  test('is told once, when all have told theirs, however early or late in the second', () => {
    const { told, add } = gather();
    add(1, 10, -40);
    add(0, 10, 3);
    expect(told).toEqual([]);
    add(2, 10, 300);
    expect(told).toEqual([[10, '1@10 0@10 2@10']]);
  });

  test('is told without those that are late, whose part counts in the next second', () => {
    const { told, add } = gather();
    add(0, 10);
    add(1, 10);
    vi.advanceTimersByTime(400);
    expect(told).toEqual([[10, '0@10 1@10']]);
    add(2, 10);
    add(2, 11);
    add(0, 11);
    add(1, 11);
    vi.advanceTimersByTime(1000);
    expect(told.map(([second]) => second)).toEqual([10, 11, 12]);
    expect(told.flatMap(([, parts]) => parts.split(' ')).sort()).toEqual(['0@10', '0@11', '1@10', '1@11', '2@10', '2@11']);
  });

  test('does not wait for a path that has died', () => {
    const { told, living, gathering, add } = gather();
    add(0, 10);
    add(2, 10);
    living.splice(1, 1);
    gathering.check();
    expect(told).toEqual([[10, '0@10 2@10']]);
  });

  test('a last word in the middle of a second has a second of its own', () => {
    const { told, gathering, add } = gather();
    for (const path of [0, 1, 2]) add(path, 10);
    for (const path of [0, 1]) add(path, 10, 200);
    gathering.end();
    expect(told).toEqual([
      [10, '0@10 1@10 2@10'],
      [11, '0@10 1@10'],
    ]);
  });

  test('of a path that tells two seconds before another tells one, none is lost', () => {
    const { told, add } = gather([0, 1]);
    add(0, 10);
    add(0, 11);
    add(1, 11);
    expect(told).toEqual([
      [10, '0@10'],
      [11, '0@11 1@11'],
    ]);
  });
});
