import { expect, test } from 'vitest';
import { agentView, mapping, mappingInput } from '../../testing/samples.ts';
import { checkForm, consequences, emptyForm, type FormValues, sketchOf, toFormValues } from './form-values.ts';

const agents = [agentView(), agentView({ id: 'assistant-1', name: 'assist-1', role: 'assistant' })];
const filled: FormValues = toFormValues(mapping());
const ports = (port: string) => ({ address: '', port });
const errorsOf = (change: Partial<FormValues>) => checkForm({ ...filled, ...change }, [], agents).errors;

test('what the form shows of a mapping makes the same mapping again', () => {
  expect(checkForm(filled, [], agents)).toEqual({ input: mappingInput(), errors: {} });
});

test('an empty form names everything that is needed', () => {
  expect(Object.keys(checkForm(emptyForm, [], agents).errors).sort()).toEqual(
    ['assistantAgentId', 'listen.port', 'name', 'onlineAgentId', 'target.address', 'target.port'].sort(),
  );
});

test.each([
  ['a port that is no number', { listen: { address: '', port: '80a' } }, 'listen.port', 'port 80a is not a whole number'],
  ['a port that is too big', { listen: { address: '', port: '70000' } }, 'listen.port', 'port 70000 is outside 1-65535'],
  ['an address that is a name', { target: { address: 'db.example', port: '1' } }, 'target.address', '"db.example" is not an IPv4 or IPv6 address'],
  ['a multiplier that is no number', { multiplier: 'two' }, 'multiplier', 'multiplier two is not a number'],
  ['no copy', { multiplier: '0' }, 'multiplier', 'multiplier 0 is below 0.01'],
  ['too many copies', { multiplier: '1001' }, 'multiplier', 'multiplier 1001 is above 1000'],
  ['a range that ends before it begins', { listen: { address: '', port: '90-80' } }, 'listen.port', 'the last port 80 is below the first, 90'],
  ['a range without an end', { listen: { address: '', port: '90-' } }, 'listen.port', /port .* is (not a whole number|outside 1-65535)/],
  ['a range of fewer ports there', { listen: ports('80-89'), target: { address: '10.0.0.9', port: '80-85' } }, 'target.port', /10 ports lead to 6/],
  ['a percentage', { selection: { ...filled.selection, percent: '101' } }, 'selection.percent', 'percentage 101 is above 100'],
  ['a network', { selection: { ...filled.selection, include: '10.0.0.0/8 10.0.0' } }, 'selection.include', '"10.0.0" is not a network'],
  ['networks that overlap', { selection: { ...filled.selection, exclude: '10.0.0.0/8, 10.1.0.0/16' } }, 'selection.exclude', /overlap/],
  [
    'no steps',
    { selection: { ...filled.selection, ramp: { fromPercent: '1', steps: '0', stepSeconds: '1' } } },
    'selection.ramp.steps',
    /number of steps 0 is below 1/,
  ],
  ['one address and none given', { sources: { ...filled.sources, identity: 'address' } }, 'sources.address', /address that all copies shall bear is needed/],
  ['a pool and none given', { sources: { ...filled.sources, identity: 'pool' } }, 'sources.pool', 'a network of addresses for the copies is needed'],
  ['source ports', { sources: { ...filled.sources, ports: '9-5' } }, 'sources.ports', 'the last port 5 is below the first, 9'],
  ['a pool with the target in it', { sources: { ...filled.sources, pool: '10.0.0.0/24' } }, 'sources.pool', /holds 10\.0\.0\.21, an address of the target/],
  ['a loop', { target: { address: '10.0.0.20', port: '6379' } }, 'target.address', /leads back/],
] as const)('%s', (_, change, field, message) => {
  expect(errorsOf(change)[field]).toMatch(message);
});

test('spaces around an address do not matter, and an empty listen address means all', () => {
  const { input } = checkForm({ ...filled, listen: { address: ' ', port: '80' }, target: { address: ' 10.0.0.21 ', port: '80' } }, [], agents);
  expect(input).toMatchObject({ listen: { address: null, port: 80 }, target: { address: '10.0.0.21', port: 80 } });
});

test('everything that can be set comes back as it was typed', () => {
  const selection = {
    percent: '12.5',
    by: 'client',
    include: '10.0.0.0/8',
    exclude: '10.1.0.0/16',
    maxSessions: '7',
    ramp: { fromPercent: '1', steps: '5', stepSeconds: '60' },
  };
  const sources = { identity: 'address', address: '10.96.0.7', pool: '10.95.0.0/29, 10.97.0.1', loopbackAs: '10.96.0.8', ports: '20000-29999' };
  const values = { ...filled, multiplier: '0.25', listen: ports('80-89'), target: { address: '10.0.0.9', port: '180-189' }, selection, sources };
  const { input, errors } = checkForm(values, [], agents);
  expect(errors).toEqual({});
  expect(toFormValues({ ...mapping(), ...input! })).toEqual(values);
});

test.each([
  ['8000-8010', 8000, 8010],
  ['8000..8010', 8000, 8010],
  [' 8000 – 8010 ', 8000, 8010],
  ['8000', 8000, null],
  ['8000-8000', 8000, null],
])('ports "%s"', (text, port, lastPort) => {
  expect(checkForm({ ...filled, listen: ports(text) }, [], agents).input?.listen).toEqual({ address: null, port, lastPort });
});

test.each<[string, Partial<FormValues>, RegExp[]]>([
  ['nothing that moves copies', { multiplier: '9', name: 'x' }, []],
  [
    'another target',
    { target: { address: '10.0.0.9', port: '6379' } },
    [/^Copies that are open to 10\.0\.0\.21:6379 are reset, and the ledger begins anew for 10\.0\.0\.9:6379/],
  ],
  ['other ports', { listen: ports('6379-6389') }, [/would not be copied there any more are reset; all others go on/]],
  ['another assistant', { assistantAgentId: 'assistant-2' }, [/wait until the other assistant is connected/]],
])('saving %s', (_, change, expected) => {
  const said = consequences(mapping(), sketchOf({ ...filled, ...change })!);
  expect(said).toEqual(expected.map((each) => expect.stringMatching(each)));
});

test('sense is checked although the assistant is still to be chosen', () => {
  const { errors } = checkForm({ ...filled, name: '', assistantAgentId: '', target: { address: '127.0.0.1', port: '1' } }, [], agents);
  expect(Object.keys(errors).sort()).toEqual(['assistantAgentId', 'name', 'target.address']);
});
