import type { MappingInput, MappingView } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { mapping, mappingInput } from '../testing/samples.ts';
import { mappingNotes } from './mapping-notes.ts';

const sources = (pool: string[]) => ({ ...mappingInput().sources, pool });

test.each<[string, Partial<MappingInput>, Partial<MappingView>, RegExp[]]>([
  ['nothing', { target: { address: '10.0.0.9', port: 1 } }, { onlineAgentId: 'online-2' }, []],
  [
    'one port to two targets',
    { target: { address: '10.0.0.23', port: 6379 } },
    { multiplier: 0.5 },
    [/^listen\.port: Also copied to 10\.0\.0\.21:6379 \(other, ×0\.5\)/],
  ],
  [
    'a range that holds the port',
    { listen: { address: null, port: 6000, lastPort: 7000 }, target: { address: '10.0.0.23', port: 1 } },
    {},
    [/^listen\.port: Also copied/],
  ],
  [
    'another address',
    { listen: { address: '10.0.0.1', port: 6379 }, target: { address: '10.0.0.23', port: 1 } },
    { listen: { address: '10.0.0.2', port: 6379 } },
    [],
  ],
  ['a target that another agent feeds', {}, { onlineAgentId: 'online-2' }, [/^target\.address: WEB-2 feeds this target too/]],
  ['a target that another agent would feed', {}, { onlineAgentId: 'online-2', desired: 'stopped' }, []],
  [
    'a pool that overlaps',
    { target: { address: '10.0.0.9', port: 1 }, sources: sources(['10.95.0.0/24']) },
    { onlineAgentId: 'online-2', sources: sources(['10.95.0.128/25']) },
    [/^sources\.pool: Shared with “other”/],
  ],
])('%s', (_, change, other, expected) => {
  const notes = mappingNotes(mappingInput(change), [mapping({ id: 'other', name: 'other', ...other })], (id) => id.replace('online', 'WEB'));
  expect(notes.map(({ field, message }) => `${field}: ${message}`)).toEqual(expected.map((each) => expect.stringMatching(each)));
});
