import { expect, test } from 'vitest';
import { resolvePrefix } from './lab.ts';
import { CLIENT_ADDRESSES, CLIENT_ADDRESSES6, parseHost } from './names.ts';
import { requireRoot, requireTool } from './tools.ts';

test('there are ten client addresses per family, and the last groups read alike', () => {
  expect([CLIENT_ADDRESSES.length, CLIENT_ADDRESSES.at(-1), CLIENT_ADDRESSES6.length, CLIENT_ADDRESSES6.at(-1)]).toEqual([10, '10.90.0.19', 10, 'fd90::19']);
});

test('the prefix is the option, else LAB_PREFIX, else "parallax"', () => {
  expect(resolvePrefix('mine', { LAB_PREFIX: 'theirs' })).toBe('mine');
  expect(resolvePrefix(undefined, { LAB_PREFIX: 'theirs' })).toBe('theirs');
  expect(resolvePrefix(undefined, { LAB_PREFIX: '' })).toBe('parallax');
});

test.each(['', 'Lab', '9lives', 'a/b', '../x', 'a b', '-a', 'x'.repeat(25)])('the prefix "%s" is refused', (prefix) => {
  expect(() => resolvePrefix(prefix, {})).toThrow('1 to 24 lower-case letters');
});

test('an unknown host is answered with the hosts there are', () => {
  expect(() => parseHost('moon')).toThrow('no host "moon" in the lab; the hosts are client, online, target, assistant');
});

test('what is missing is named together with its remedy', () => {
  expect(() => requireRoot(1000)).toThrow('network namespaces need root (CAP_SYS_ADMIN, CAP_NET_ADMIN), and this process runs as uid 1000');
  expect(() => requireTool('ip-of-nowhere', '/nowhere')).toThrow('"ip-of-nowhere" is not installed');
  expect(() => requireTool('sh')).not.toThrow();
});
