import { everySession, type MappingInput, realClients } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { mappingInput } from '../testing/samples.ts';
import { sourceProblems } from './source-rules.ts';

const taken = [
  { address: '10.0.0.21', by: 'the target' },
  { address: '10.0.0.22', by: 'assist-1' },
];
const six = { target: { address: '2001:db8::1', port: 80 } };

test.each<[string, Partial<MappingInput>, Partial<MappingInput['sources']>, (string | RegExp)[]]>([
  ['the clients’ own', {}, {}, []],
  ['a pool of its own', {}, { pool: ['10.95.0.0/24', 'fd95::/120'] }, []],
  ['a pool that holds the target', {}, { pool: ['10.0.0.0/24'] }, [/^sources\.pool: 10\.0\.0\.0\/24 holds 10\.0\.0\.21, an address of the target/]],
  ['a pool of the other IP version only', six, { pool: ['10.95.0.0/24'] }, [/^sources\.pool: the pool has no IPv6 address, and the target is IPv6/]],
  ['the assistant’s address', {}, { identity: 'address', address: '10.0.0.22' }, [/^sources\.address: 10\.0\.0\.22 is an address of assist-1/]],
  ['an address of the other IP version', six, { identity: 'address', address: '10.9.9.9' }, [/^sources\.address: 10\.9\.9\.9 is IPv4, the target IPv6/]],
  ['local clients as the target', {}, { loopbackAs: '10.0.0.21' }, [/^sources\.loopbackAs: 10\.0\.0\.21 is an address of the target/]],
  ['two IP versions', { ...six, listen: { address: '10.0.0.20', port: 1 } }, {}, [/^target\.address: .*different IP versions/]],
  ['two IP versions, with a pool', { ...six, listen: { address: '10.0.0.20', port: 1 } }, { pool: ['fd95::/120'] }, []],
])('%s', (_, change, sources, expected) => {
  const problems = sourceProblems(mappingInput({ ...change, sources: { ...realClients, ...sources } }), taken);
  expect(problems.map(({ field, message }) => `${field}: ${message}`)).toEqual(expected.map((each) => expect.stringMatching(each)));
});

test.each([
  [['10.0.0.0/8'], ['10.1.0.0/16'], 0],
  [['10.1.0.0/16'], ['10.0.0.0/8'], 1],
  [['10.1.0.0/16', '10.2.0.0/16'], ['10.1.0.0/16'], 0],
  [[], ['0.0.0.0/0'], 0],
])('only %j and not %j', (include, exclude, problems) => {
  expect(sourceProblems(mappingInput({ selection: { ...everySession, include, exclude } }), taken).length).toBe(problems);
});
