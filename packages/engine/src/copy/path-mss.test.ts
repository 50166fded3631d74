import { expect, test } from 'vitest';
import { Rig } from '../testing/rig.ts';

const quick = { limits: { rtoInitialMs: 100, rtoMinMs: 100, probeLeastMs: 100 } };
const upload = (bytes: number) => new Rig({ pacing: 'window', ...quick }).opened().client('P.', { payload: new Uint8Array(bytes) });

test('what never arrives is cut at the third time-out to what a path must carry, at the fifth to what a host must take', () => {
  const rig = upload(1460).wait(108);
  expect(rig.take()).toEqual(['P. 0 ack 0 1460 bytes', 'P. 0 ack 0 1460 bytes']);
  rig.wait(200 + 400);
  expect(rig.take()).toEqual(['P. 0 ack 0 1460 bytes', '. 0 ack 0 1240 bytes']);
  rig.wait(100 + 200); // the length was to blame: it does not wait longer and longer
  expect(rig.take()).toEqual(['. 0 ack 0 1240 bytes', '. 0 ack 0 536 bytes']);
});

test('the rest follows in the same size, and new copies begin with it, for ten minutes', () => {
  const rig = upload(2920).wait(708);
  rig.take();
  rig.target('.', { ack: 1240 }).target('.', { ack: 1460 });
  expect(rig.take()).toEqual(['. 1240 ack 0 220 bytes', '. 1460 ack 0 1240 bytes', 'P. 2700 ack 0 220 bytes']);
  const another = (port: number) => {
    rig.client('S', { seq: -1, mssBytes: 1460, port }).target('S.', { seq: -1, mssBytes: 1460, port }).take();
    return rig.client('P.', { payload: new Uint8Array(1460), port }).take()[0];
  };
  expect(another(4001)).toBe('. 0 ack 0 1240 bytes');
  rig.wait(601_000).take();
  another(4002); // its client's bytes were cut to what the last copy said
  expect(another(4003)).toBe('P. 0 ack 0 1460 bytes');
});

test('a target that is away is waited for as long as without cutting', () => {
  const rig = upload(1460);
  const whole = rig.copy;
  rig.wait(100 * (2 ** 5 - 1) + 100 * (2 ** 9 - 1));
  expect(whole.ending).toBeNull();
  rig.target('.', { ack: 1460 });
  expect(whole.ending).toBeNull();
  expect(whole.bytesDelivered).toBe(1460);
});

test('what one copy found out holds for another at its first time-out', () => {
  const rig = upload(1460);
  rig.client('S', { seq: -1, mssBytes: 1460, port: 4001 }).target('S.', { seq: -1, mssBytes: 1460, port: 4001 });
  rig.wait(708);
  rig.client('P.', { payload: new Uint8Array(1460), port: 4001 }).take();
  rig.target('.', { ack: 1240 }).take();
  rig.wait(150);
  expect(rig.take()).toContain('. 0 ack 0 1240 bytes');
});

test('short segments that are lost are not cut', () => {
  const rig = upload(536).wait(3100);
  expect(rig.take().filter((line) => line !== 'P. 0 ack 0 536 bytes')).toEqual([]);
});
