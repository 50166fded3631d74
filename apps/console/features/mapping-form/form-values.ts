// The form as text, and what is wrong with it in words. Pure.
import { type AgentView, MappingInput, type MappingView } from '@parallax/protocol';
import { mappingProblems } from '../../lib/mapping-rules.ts';

export const formFields = [
  'name',
  'onlineAgentId',
  'listen.address',
  'listen.port',
  'target.address',
  'target.port',
  'assistantAgentId',
  'multiplier',
  'pacing',
  'midStream',
] as const;
export type FormField = (typeof formFields)[number];

/** React Hook Form nests what has dots. */
export type FormValues = {
  name: string;
  onlineAgentId: string;
  listen: { address: string; port: string };
  target: { address: string; port: string };
  assistantAgentId: string;
  multiplier: string;
  pacing: string;
  midStream: string;
};

export const emptyForm: FormValues = {
  name: '',
  onlineAgentId: '',
  listen: { address: '', port: '' },
  target: { address: '', port: '' },
  assistantAgentId: '',
  multiplier: '1',
  pacing: 'response',
  midStream: 'boundary',
};

export const toFormValues = (mapping: MappingView): FormValues => ({
  name: mapping.name,
  onlineAgentId: mapping.onlineAgentId,
  listen: { address: mapping.listen.address ?? '', port: String(mapping.listen.port) },
  target: { address: mapping.target.address, port: String(mapping.target.port) },
  assistantAgentId: mapping.assistantAgentId,
  multiplier: String(mapping.multiplier),
  pacing: mapping.pacing,
  midStream: mapping.midStream,
});

/** A whole number as typed; what is no number stays text, so that the schema can name it. */
const toNumber = (text: string): number | string => (/^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text);

const needed: Partial<Record<FormField, string>> = {
  'listen.port': 'the port on which clients reach the online server is needed',
  'target.address': 'the address of the target server is needed',
  'target.port': 'the port on the target server is needed',
  multiplier: 'how many copies of each session to make is needed',
};

export type Checked = { input: MappingInput | null; errors: Partial<Record<FormField, string>> };

/** Checks shape first, then sense; one error per input. */
export function checkForm(values: FormValues, others: readonly MappingView[], agents: readonly AgentView[]): Checked {
  const errors: Checked['errors'] = {};
  const texts: Partial<Record<FormField, string>> = {
    'listen.port': values.listen.port,
    'target.address': values.target.address,
    'target.port': values.target.port,
    multiplier: values.multiplier,
  };
  for (const field of formFields) if (texts[field]?.trim() === '') errors[field] = needed[field]!;
  const given = {
    ...values,
    listen: { address: values.listen.address.trim() || null, port: toNumber(values.listen.port) },
    target: { address: values.target.address.trim(), port: toNumber(values.target.port) },
    multiplier: toNumber(values.multiplier),
  };
  const parsed = MappingInput.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) errors[issue.path.join('.') as FormField] ??= issue.message;
  // What is not filled in yet must not hide what is wrong between the rest.
  const soFar = parsed.success
    ? parsed
    : MappingInput.safeParse({
        ...given,
        name: given.name || '?',
        onlineAgentId: given.onlineAgentId || '?',
        assistantAgentId: given.assistantAgentId || '?',
        multiplier: 1,
        pacing: 'response',
        midStream: 'boundary',
      });
  if (soFar.success) for (const problem of mappingProblems(soFar.data, others, agents)) errors[problem.field as FormField] ??= problem.message;
  return { input: parsed.success && Object.keys(errors).length === 0 ? parsed.data : null, errors };
}
