import { type MappingInput, type MappingView, realClients } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { agentView, facts, mapping, mappingInput } from '../testing/samples.ts';
import { mappingProblems } from './mapping-rules.ts';

const agents = [
  agentView(),
  agentView({ id: 'online-2', name: 'web-2', facts: facts('10.0.0.30') }),
  agentView({ id: 'assistant-1', name: 'assist-1', role: 'assistant', facts: facts('10.0.0.22') }),
];
const other = mapping({ id: 'other', name: 'other' });

test.each<[string, Partial<MappingInput>, MappingView[], (string | RegExp)[]]>([
  ['nothing', {}, [], []],
  ['a name that is taken', { name: 'other', listen: { address: null, port: 1 } }, [other], ['name: a mapping named "other" exists already']],
  [
    'what another mapping does',
    {},
    [other],
    ['target.port: mapping "other" already copies port 6379 of this agent to 10.0.0.21:6379: raise its multiplier, or choose another target'],
  ],
  [
    'the port of another, each on its own address',
    { listen: { address: '10.0.0.20', port: 6379 } },
    [mapping({ name: 'other', listen: { address: '10.0.0.25', port: 6379 } })],
    [],
  ],
  [
    'the same address written differently',
    { listen: { address: '::1:0', port: 1 }, target: { address: '2001:db8::9', port: 1 } },
    [mapping({ name: 'other', listen: { address: '0:0:0:0:0:0:1:0', port: 1 }, target: { address: '2001:db8:0::9', port: 1 } })],
    [/^target\.port: /],
  ],
  ['one port to several targets', { target: { address: '10.0.0.23', port: 6379 } }, [other], []],
  ['one port to several ports of a target', { target: { address: '10.0.0.21', port: 6380 } }, [other], []],
  [
    'ranges that overlap and lead to the same place',
    { listen: { address: null, port: 6370, lastPort: 6380 }, target: { address: '10.0.0.21', port: 6370, lastPort: 6380 } },
    [other],
    [/^target\.port: mapping "other" already copies port 6379 .* to 10\.0\.0\.21:6379/],
  ],
  [
    'ranges that overlap and lead elsewhere',
    { listen: { address: null, port: 6370, lastPort: 6380 }, target: { address: '10.0.0.21', port: 7370, lastPort: 7380 } },
    [other],
    [],
  ],
  [
    'a range that ends before it begins',
    { listen: { address: null, port: 90, lastPort: 80 } },
    [],
    ['listen.lastPort: the last port 80 is below the first, 90'],
  ],
  [
    'as many ports there as here',
    { listen: { address: null, port: 80, lastPort: 89 }, target: { address: '10.0.0.21', port: 80, lastPort: 85 } },
    [],
    ['target.lastPort: 10 ports lead to 6: give as many, up to 89, or only the first for all'],
  ],
  [
    'a loop through the middle of a range',
    { listen: { address: null, port: 6000, lastPort: 6500 }, target: { address: '10.0.0.20', port: 6379 } },
    [],
    [/^target\.address: 10\.0\.0\.20:6379 leads back to where this mapping listens/],
  ],
  ['the port of another agent', { onlineAgentId: 'online-2' }, [other], []],
  [
    'a target that is the online server itself',
    { target: { address: '10.0.0.20', port: 6379 } },
    [],
    [/^target\.address: 10\.0\.0\.20:6379 leads back to where this mapping listens: /],
  ],
  ['the online server on another port', { target: { address: '10.0.0.20', port: 6380 } }, [], []],
  [
    'the address it listens on, of an agent that told nothing',
    { onlineAgentId: 'online-3', listen: { address: '10.9.9.9', port: 5 }, target: { address: '10.9.9.9', port: 5 } },
    [],
    [/^target\.address: .*leads back/],
  ],
  [
    'a target that another mapping mirrors back here',
    { target: { address: '10.0.0.30', port: 80 } },
    [mapping({ name: 'back', onlineAgentId: 'online-2', listen: { address: null, port: 80 }, target: { address: '10.0.0.20', port: 6379 } })],
    [/through "back"/],
  ],
  [
    'a pool that holds the target of another mapping',
    { sources: { ...realClients, pool: ['10.7.7.0/24'] } },
    [mapping({ name: 'other', listen: { address: null, port: 80 }, target: { address: '10.7.7.7', port: 80 } })],
    ['sources.pool: 10.7.7.0/24 holds 10.7.7.7, an address of the target of mapping "other": name addresses that nobody has'],
  ],
  ['a pool that holds another agent’s host', { sources: { ...realClients, pool: ['10.0.0.30'] } }, [], [/^sources\.pool: 10\.0\.0\.30 is an address of web-2/]],
  [
    'a pool that another mapping has too',
    { sources: { ...realClients, pool: ['10.95.0.0/24'] } },
    [mapping({ name: 'other', listen: { address: null, port: 80 }, sources: { ...realClients, pool: ['10.95.0.0/29'] } })],
    [],
  ],
  ['loopback', { target: { address: '127.0.0.1', port: 1 } }, [], [/^target\.address: 127\.0\.0\.1 is this host itself/]],
  ['any address', { target: { address: '::', port: 1 } }, [], [/stands for any address/]],
  ['multicast', { target: { address: '224.0.0.1', port: 1 } }, [], [/is a multicast address/]],
  ['two IP versions', { listen: { address: '10.0.0.20', port: 1 }, target: { address: '2001:db8::1', port: 1 } }, [], [/different IP versions/]],
  [
    'roles exchanged',
    { onlineAgentId: 'assistant-1', assistantAgentId: 'online-1' },
    [],
    [/^onlineAgentId: assist-1 is an assistant agent/, /^assistantAgentId: web-1 is an online agent/],
  ],
  ['agents that are gone', { onlineAgentId: 'x', assistantAgentId: 'y' }, [], [/^onlineAgentId: .*does not exist/, /^assistantAgentId: .*does not exist/]],
])('%s', (_, change, others, expected) => {
  const known = change.onlineAgentId === 'online-3' ? [...agents, agentView({ id: 'online-3', facts: null })] : agents;
  const problems = mappingProblems(mappingInput(change), others, known).map((problem) => `${problem.field}: ${problem.message}`);
  expect(problems).toHaveLength(expected.length);
  for (const [index, want] of expected.entries()) expect(problems[index]).toMatch(want);
});
