import { afterEach, expect, test } from 'vitest';
import { libc } from './libc.ts';
import { offloadsOf } from './offloads.ts';

const { arch } = process;
afterEach(() => Object.defineProperty(process, 'arch', { value: arch }));

test('where libc cannot be called, as on another architecture, offloads are not known, and nothing ends for it', () => {
  Object.defineProperty(process, 'arch', { value: 's390x' });
  expect(() => libc()).toThrow('packet rings need Linux on x64 or arm64');
  expect(offloadsOf('lo')).toBeNull();
});
