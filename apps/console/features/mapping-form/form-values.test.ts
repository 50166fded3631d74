import { expect, test } from 'vitest';
import { agentView, mapping, mappingInput } from '../../testing/samples.ts';
import { checkForm, emptyForm, type FormValues, toFormValues } from './form-values.ts';

const agents = [agentView(), agentView({ id: 'assistant-1', name: 'assist-1', role: 'assistant' })];
const filled: FormValues = toFormValues(mapping());
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
  ['half a copy', { multiplier: '1.5' }, 'multiplier', 'multiplier 1.5 is not a whole number'],
  ['no copy', { multiplier: '0' }, 'multiplier', 'multiplier 0 is below 1'],
  ['too many copies', { multiplier: '1001' }, 'multiplier', 'multiplier 1001 is above 1000'],
  ['a loop', { target: { address: '10.0.0.20', port: '6379' } }, 'target.address', /leads back/],
] as const)('%s', (_, change, field, message) => {
  expect(errorsOf(change)[field]).toMatch(message);
});

test('spaces around an address do not matter, and an empty listen address means all', () => {
  const { input } = checkForm({ ...filled, listen: { address: ' ', port: '80' }, target: { address: ' 10.0.0.21 ', port: '80' } }, [], agents);
  expect(input).toMatchObject({ listen: { address: null, port: 80 }, target: { address: '10.0.0.21', port: 80 } });
});

test('sense is checked although the assistant is still to be chosen', () => {
  const { errors } = checkForm({ ...filled, name: '', assistantAgentId: '', target: { address: '127.0.0.1', port: '1' } }, [], agents);
  expect(Object.keys(errors).sort()).toEqual(['assistantAgentId', 'name', 'target.address']);
});
