// The form as text, and what is wrong with it in words. Pure.
import { type AgentView, everySession, MappingInput, type MappingView, realClients } from '@parallax/protocol';
import { mappingProblems } from '../../lib/mapping-rules.ts';
import { portsWords, targetWords } from '../../lib/mapping-words.ts';

/** In the order of the form. A field is a path in `FormValues`. */
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
  'adapter',
  'selection.percent',
  'selection.by',
  'selection.include',
  'selection.exclude',
  'selection.maxSessions',
  'selection.ramp.fromPercent',
  'selection.ramp.steps',
  'selection.ramp.stepSeconds',
  'sources.identity',
  'sources.address',
  'sources.pool',
  'sources.loopbackAs',
  'sources.ports',
] as const;
export type FormField = (typeof formFields)[number];

/** React Hook Form nests what has dots. Ports may be ranges, networks are separated by commas or space. */
export type FormValues = {
  name: string;
  onlineAgentId: string;
  listen: { address: string; port: string };
  target: { address: string; port: string };
  assistantAgentId: string;
  multiplier: string;
  pacing: string;
  midStream: string;
  adapter: string;
  selection: {
    percent: string;
    by: string;
    include: string;
    exclude: string;
    maxSessions: string;
    /** Empty: no ramp. */
    ramp: { fromPercent: string; steps: string; stepSeconds: string };
  };
  sources: { identity: string; address: string; pool: string; loopbackAs: string; ports: string };
};

const usualRamp = { fromPercent: '', steps: '10', stepSeconds: '60' };
const wholePorts = `${realClients.ports.first}-${realClients.ports.last}`;

export const emptyForm: FormValues = {
  name: '',
  onlineAgentId: '',
  listen: { address: '', port: '' },
  target: { address: '', port: '' },
  assistantAgentId: '',
  multiplier: '1',
  pacing: 'response',
  midStream: 'boundary',
  adapter: 'turns',
  selection: { percent: '100', by: 'session', include: '', exclude: '', maxSessions: '', ramp: usualRamp },
  sources: { identity: 'client', address: '', pool: '', loopbackAs: '', ports: wholePorts },
};

const orEmpty = (value: number | string | null): string => (value === null ? '' : String(value));

export const toFormValues = ({ selection, sources, ...mapping }: MappingView): FormValues => ({
  name: mapping.name,
  onlineAgentId: mapping.onlineAgentId,
  listen: { address: orEmpty(mapping.listen.address), port: portsWords(mapping.listen) },
  target: { address: mapping.target.address, port: portsWords(mapping.target) },
  assistantAgentId: mapping.assistantAgentId,
  multiplier: String(mapping.multiplier),
  pacing: mapping.pacing,
  midStream: mapping.midStream,
  adapter: mapping.adapter,
  selection: {
    percent: String(selection.percent),
    by: selection.by,
    include: selection.include.join(', '),
    exclude: selection.exclude.join(', '),
    maxSessions: orEmpty(selection.maxSessions),
    ramp:
      selection.ramp === null
        ? usualRamp
        : { fromPercent: String(selection.ramp.fromPercent), steps: String(selection.ramp.steps), stepSeconds: String(selection.ramp.stepSeconds) },
  },
  sources: {
    identity: sources.identity,
    address: orEmpty(sources.address),
    pool: sources.pool.join(', '),
    loopbackAs: orEmpty(sources.loopbackAs),
    ports: `${sources.ports.first}-${sources.ports.last}`,
  },
});

/** A number as typed; what is no number stays text, so that the schema can name it. */
const toNumber = (text: string): number | string => (/^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text);
const toOptional = (text: string): string | null => text.trim() || null;
const toList = (text: string): string[] => text.split(/[\s,;]+/).filter((each) => each !== '');

/** `80`, `8000-8010` or `8000..8010`; what stands behind the dash alone is not taken for a port. */
function toPorts(text: string): { port: number | string; lastPort: number | string | null } {
  const [first = '', last] = text.split(/\s*(?:-|–|\.\.)\s*/, 2);
  return { port: toNumber(first), lastPort: last === undefined || last === first ? null : toNumber(last) };
}

/** What was typed, in the shape that the schema asks for. */
export function toGiven(values: FormValues) {
  const { selection, sources } = values;
  const { fromPercent, ...ramp } = selection.ramp;
  const sourcePorts = toPorts(sources.ports);
  return {
    name: values.name,
    onlineAgentId: values.onlineAgentId,
    assistantAgentId: values.assistantAgentId,
    listen: { address: toOptional(values.listen.address), ...toPorts(values.listen.port) },
    target: { address: values.target.address.trim(), ...toPorts(values.target.port) },
    multiplier: toNumber(values.multiplier),
    pacing: values.pacing,
    midStream: values.midStream,
    adapter: values.adapter,
    selection: {
      percent: toNumber(selection.percent),
      by: selection.by,
      include: toList(selection.include),
      exclude: toList(selection.exclude),
      maxSessions: selection.maxSessions.trim() === '' ? null : toNumber(selection.maxSessions),
      ramp: fromPercent.trim() === '' ? null : { fromPercent: toNumber(fromPercent), steps: toNumber(ramp.steps), stepSeconds: toNumber(ramp.stepSeconds) },
    },
    sources: {
      identity: sources.identity,
      address: sources.identity === 'address' ? toOptional(sources.address) : null,
      pool: toList(sources.pool),
      loopbackAs: toOptional(sources.loopbackAs),
      ports: { first: sourcePorts.port, last: sourcePorts.lastPort ?? sourcePorts.port },
    },
  };
}

/** The input that a path of the schema is about: the longest that it begins with; of a range, the one that holds both ports. */
export function fieldOf(path: string): FormField | null {
  const known = path.replace(/\.lastPort$/, '.port');
  return formFields.find((field) => known === field) ?? formFields.find((field) => known.startsWith(`${field}.`)) ?? null;
}

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
  const texts = {
    'listen.port': values.listen.port,
    'target.address': values.target.address,
    'target.port': values.target.port,
    multiplier: values.multiplier,
  };
  for (const [field, text] of Object.entries(texts)) if (text.trim() === '') errors[field as FormField] = needed[field as FormField]!;
  const given = toGiven(values);
  const add = (path: string, message: string) => {
    const field = fieldOf(path);
    if (field !== null) errors[field] ??= message;
  };
  const parsed = MappingInput.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) add(issue.path.join('.'), issue.message);
  // What is not filled in yet, or is wrong by itself, must not hide what is wrong between the rest.
  const isWrong = (part: string) => Object.keys(errors).some((field) => field.startsWith(part));
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
        adapter: 'turns',
        selection: isWrong('selection') ? everySession : given.selection,
        sources: isWrong('sources') ? realClients : given.sources,
      });
  if (soFar.success) for (const problem of mappingProblems(soFar.data, others, agents)) add(problem.field, problem.message);
  return { input: parsed.success && Object.keys(errors).length === 0 ? parsed.data : null, errors };
}

/** The mapping as far as it can be told before it has a name and an assistant; null while something else is missing or wrong by itself. */
export function sketchOf(values: FormValues): MappingInput | null {
  const parsed = MappingInput.safeParse({ ...toGiven(values), name: '?', assistantAgentId: values.assistantAgentId || '?' });
  return parsed.success ? parsed.data : null;
}

/** What saving does to copies that are open now, as sentences. */
export function consequences(before: MappingView, after: MappingInput): string[] {
  const said: string[] = [];
  if (before.target.address !== after.target.address || before.target.port !== after.target.port)
    said.push(`Copies that are open to ${targetWords(before.target)} are reset, and the ledger begins anew for ${targetWords(after.target)}.`);
  else if (
    portsWords(before.listen) !== portsWords(after.listen) ||
    before.listen.address !== after.listen.address ||
    portsWords(before.target) !== portsWords(after.target)
  )
    said.push('Copies of sessions that would not be copied there any more are reset; all others go on.');
  if (before.assistantAgentId !== after.assistantAgentId) said.push('Copies wait until the other assistant is connected; change the target’s route as well.');
  return said;
}
