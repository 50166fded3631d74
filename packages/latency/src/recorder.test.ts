import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';
import { MOST_KINDS, OTHER, SecondRecorder, TURNS } from './recorder.ts';

test('a second holds what was recorded in it, by kind, and the next begins empty', () => {
  const recorder = new SecondRecorder(1);
  const turns = recorder.kind(TURNS);
  const get = recorder.kind('GET');
  recorder.answered(turns, 'online', 100);
  recorder.answered(turns, 'target', 150);
  recorder.finished(turns, 'target', 170, true);
  recorder.pair(turns, 100, 150);
  recorder.connect('target', 40);
  const { connect, kinds } = recorder.take();
  expect(connect.online).toBeNull();
  expect(Histogram.from(connect.target!).percentileUs(50)).toBe(40);
  expect(kinds.map(({ kind }) => kind)).toEqual(['turns']);
  const [only] = kinds;
  expect(only).toMatchObject({ online: { count: 1, errors: 0, lastByte: null }, target: { count: 1, errors: 1 }, held: null, pairs: { count: 1 } });
  expect(Histogram.from(only!.pairs.difference!).percentileUs(50)).toBe(50);
  expect(recorder.take()).toEqual({ connect: { online: null, target: null }, kinds: [] });
  recorder.held(get, 5);
  expect(recorder.take().kinds.map(({ kind }) => kind)).toEqual(['GET']);
  recorder.finished(turns, 'online', 900, false); // of the second before
  expect(recorder.take().kinds).toMatchObject([{ kind: 'turns', online: { count: 0, errors: 0 } }]);
});

test('kinds beyond the 64th are counted together', () => {
  const recorder = new SecondRecorder(1);
  for (let at = 0; at < MOST_KINDS + 20; at++) recorder.answered(recorder.kind(`kind ${at}`), 'online', 1);
  const { kinds } = recorder.take();
  expect(kinds.length).toBe(MOST_KINDS + 1);
  expect(kinds.find(({ kind }) => kind === OTHER)!.online.count).toBe(20);
});
