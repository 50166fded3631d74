import { expect, test } from 'vitest';
import { Rig } from '../testing/rig.ts';

const opened = (mssBytes = 1460) => new Rig({ pacing: 'window' }).opened({ mssBytes });

test('a copy points at the end of urgent data as the client did', () => {
  const rig = opened().client('P.', { payload: 'abc' }).client('PU.', { seq: 3, urgentPointer: 2, payload: 'd!' }).client('P.', { seq: 5, payload: 'ef' });
  expect(rig.take()).toEqual(['P. 0 ack 0 abc', 'PU. 3 ack 0 urgent 2 d!', 'P. 5 ack 0 ef']);
});

test('cut to smaller segments, each that comes before it points at the same byte', () => {
  const rig = opened(100).client('PU.', { urgentPointer: 230, payload: new Uint8Array(300) });
  expect(rig.take()).toEqual(['U. 0 ack 0 urgent 230 100 bytes', 'U. 100 ack 0 urgent 130 100 bytes', 'PU. 200 ack 0 urgent 30 100 bytes']);
});

test('announced ahead of its bytes, it is announced ahead', () => {
  const rig = opened().client('PU.', { urgentPointer: 9, payload: 'abc' });
  expect(rig.take()).toEqual(['PU. 0 ack 0 urgent 9 abc']);
});

test('two urgent bytes that wait behind a closed window are two, in their order', () => {
  const rig = opened().client('P.', { payload: 'abc' }).target('.', { ack: 3, window: 0 });
  rig
    .client('PU.', { seq: 3, urgentPointer: 1, payload: '!' })
    .client('PU.', { seq: 3, urgentPointer: 1, payload: '!' })
    .client('PU.', { seq: 4, urgentPointer: 1, payload: '?' });
  rig.take();
  rig.target('.', { ack: 3, window: 100 });
  expect(rig.take()).toEqual(['PU. 3 ack 0 urgent 1 !', 'PU. 4 ack 0 urgent 1 ?']);
});

test('said again, it is urgent again', () => {
  const rig = opened().client('PU.', { urgentPointer: 1, payload: '!' }).wait(204);
  expect(rig.take()).toEqual(['PU. 0 ack 0 urgent 1 !', 'PU. 0 ack 0 urgent 1 !']);
});
