'use client';
import type { AgentRole, MappingView } from '@parallax/protocol';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { type FieldPath, FormProvider, useForm, useWatch } from 'react-hook-form';
import { toast } from 'sonner';
import { Button } from '../../components/ui/button.tsx';
import { Input } from '../../components/ui/input.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { Select } from '../../components/ui/select.tsx';
import { ApiFailure, callApi } from '../../lib/api-client.ts';
import { formatRate } from '../../lib/format.ts';
import { mappingNotes } from '../../lib/mapping-notes.ts';
import { MappingForecast } from '../forecast/mapping-forecast.tsx';
import { freshSample } from '../live/freshness.ts';
import { useConsoleNow, useLive, useSamples } from '../live/use-live.ts';
import { AgentSelect } from './agent-select.tsx';
import { FormErrors, FormFieldRow } from './form-field.tsx';
import { checkForm, consequences, emptyForm, type FormField, type FormValues, fieldOf, sketchOf, toFormValues } from './form-values.ts';
import { SelectionSection } from './selection-section.tsx';
import { SourcesSection } from './sources-section.tsx';
import { StandAlone } from './stand-alone.tsx';

type Props = {
  /** Null: a new one. */
  mapping: MappingView | null;
  /** A new one for another target of what this one copies. */
  beside?: MappingView | null;
};

const initialValues = (mapping: MappingView | null, beside: MappingView | null): FormValues => {
  if (mapping !== null) return toFormValues(mapping);
  return beside === null ? emptyForm : { ...toFormValues(beside), name: '', target: { address: '', port: toFormValues(beside).target.port } };
};

const pacingHints: Record<string, string> = {
  response: 'What a client said after an answer waits until the target has answered too. Right for most protocols.',
  timing: 'Each copy keeps the pauses of its client, whatever the target answers.',
  window: 'As fast as the target takes it. Loads hardest.',
};

const midStreamHints: Record<string, string> = {
  boundary: 'A connection that was open before the start, or whose copy ended before it did, is copied from its next request on.',
  immediate: 'The same from its next byte on: the target may get the middle of a request.',
  skip: 'Such connections are counted and left alone.',
};

const adapterHint = (adapter: string): string =>
  adapter === 'turns'
    ? 'Answers are captured by their headers alone.'
    : 'Latency and errors are shown for each kind of request. Both agents read the answers’ payload for it; only names of requests and times leave them.';

export function MappingForm({ mapping, beside = null }: Props) {
  const router = useRouter();
  const agents = [...useLive((state) => state.agents).values()].sort((a, b) => a.name.localeCompare(b.name));
  const definitions = useLive((state) => state.definitions);
  const isRunning = useLive((state) => mapping !== null && state.statuses.get(mapping.id)?.desired === 'running');
  const nowMs = useConsoleNow();
  const sample = freshSample(useSamples(mapping?.id ?? ''), nowMs);
  const form = useForm<FormValues>({ defaultValues: initialValues(mapping, beside) });
  const { register, handleSubmit, control, formState } = form;
  const input = (field: FormField) => register(field as FieldPath<FormValues>);
  const values = { ...emptyForm, ...useWatch({ control }) } as FormValues;
  const others = [...definitions.values()].filter((other) => other.id !== mapping?.id);
  const { errors } = checkForm(values, others, agents);
  const sketch = sketchOf(values);
  const notes = sketch === null ? [] : mappingNotes(sketch, others, (id) => agents.find((agent) => agent.id === id)?.name ?? id);
  const noteOf = (field: FormField) => notes.find((note) => note.field === field)?.message;
  const [said, setSaid] = useState<{ field: FormField | null; message: string; values: string } | null>(null);
  // What the console refused stands until something is changed.
  const refusal = said && said.values === JSON.stringify(values) ? said : null;

  const agentHint = (role: AgentRole, usual: string) =>
    agents.some((agent) => agent.role === role) ? (
      usual
    ) : (
      <Link href={`/agents?add=${role}`} className="underline">
        Add {role === 'online' ? 'an online' : 'an assistant'} agent first
      </Link>
    );

  const submit = handleSubmit(async (submitted) => {
    const checked = checkForm(submitted, others, agents);
    if (!checked.input) return;
    try {
      const saved = await (mapping
        ? callApi<MappingView>('PUT', `/mappings/${mapping.id}`, checked.input)
        : callApi<MappingView>('POST', '/mappings', checked.input));
      toast.success(mapping ? `Saved ${saved.name}` : `Made ${saved.name}: nothing is sent until you start it`);
      router.push(`/mappings/${saved.id}`);
    } catch (error) {
      const { field, message } = error as ApiFailure;
      const known = error instanceof ApiFailure && field !== null ? fieldOf(field) : null;
      setSaid({ field: known, message, values: JSON.stringify(submitted) });
    }
  });

  const resets = isRunning && mapping !== null && sketch !== null ? consequences(mapping, sketch) : [];
  const copies = Number(values.multiplier);
  const presentRate =
    sample && copies > 0 ? `${formatRate(sample.exchanges.online * copies)} to the target at the present ${formatRate(sample.exchanges.online)}.` : '';
  const isRange = /[-–.]/.test(values.listen.port);
  return (
    <FormProvider {...form}>
      <FormErrors.Provider value={{ errors, refusal }}>
        <div className="mx-auto grid max-w-6xl grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
          <form noValidate onSubmit={submit} aria-label={mapping ? `Edit ${mapping.name}` : 'New mapping'} className="rounded-lg border border-line bg-panel">
            <header className="border-b border-line px-5 py-3">
              <h1 className="text-base font-semibold">{mapping ? `Edit ${mapping.name}` : 'New mapping'}</h1>
              <p className="text-[13px] text-soft">One service to mirror. Nothing is sent before it is started.</p>
            </header>
            <div className="flex flex-col gap-6 p-5">
              {isRunning && (
                <Notice tone="info">
                  This mapping is running: what is saved holds for sessions that open from then on, and open copies go on. Only its online agent cannot change.
                </Notice>
              )}
              <FormFieldRow name="name" label="Name" hint="How pages call it, such as orders-redis.">
                <Input {...input('name')} autoFocus={!mapping} />
              </FormFieldRow>
              <fieldset className="grid gap-4 border-l-2 border-online pl-4 sm:grid-cols-[1fr_7rem]">
                <legend className="sr-only">Online server</legend>
                <FormFieldRow
                  name="onlineAgentId"
                  label="Online agent"
                  hint={agentHint('online', 'On the server that your clients use.')}
                  className="sm:col-span-2"
                >
                  <AgentSelect agentRole="online" agents={agents} disabled={isRunning} {...input('onlineAgentId')} />
                </FormFieldRow>
                <FormFieldRow name="listen.address" label="Listen address" hint="Empty: every address of the online server.">
                  <Input {...input('listen.address')} className="mono" placeholder="all addresses" />
                </FormFieldRow>
                <FormFieldRow name="listen.port" label="Listen port" hint="8000-8010 for a range.">
                  <Input {...input('listen.port')} className="mono" />
                </FormFieldRow>
                {noteOf('listen.port') && <p className="text-xs text-soft sm:col-span-2">{noteOf('listen.port')}</p>}
              </fieldset>
              <fieldset className="grid gap-4 border-l-2 border-target pl-4 sm:grid-cols-[1fr_7rem]">
                <legend className="sr-only">Target server</legend>
                <FormFieldRow name="target.address" label="Target address" hint="Where the copies go. Copies are never sent anywhere else.">
                  <Input {...input('target.address')} className="mono" />
                </FormFieldRow>
                <FormFieldRow name="target.port" label="Target port" hint={isRange ? 'One for all, or as many.' : undefined}>
                  <Input {...input('target.port')} className="mono" />
                </FormFieldRow>
                {noteOf('target.address') && <p className="text-xs text-soft sm:col-span-2">{noteOf('target.address')}</p>}
              </fieldset>
              <FormFieldRow
                name="assistantAgentId"
                label="Assistant agent"
                hint={agentHint('assistant', 'On the server to which the target’s answers to clients are routed.')}
              >
                <AgentSelect agentRole="assistant" agents={agents} {...input('assistantAgentId')} />
              </FormFieldRow>
              <div className="grid gap-4 sm:grid-cols-[13rem_1fr]">
                <FormFieldRow name="multiplier" label="Multiplier" hint={presentRate || 'Copies of each session: 0.01 to 1000.'}>
                  <Input {...input('multiplier')} inputMode="decimal" />
                </FormFieldRow>
                <FormFieldRow name="pacing" label="Pacing" hint={pacingHints[values.pacing]}>
                  <Select {...input('pacing')}>
                    <option value="response">After the target’s answer</option>
                    <option value="timing">At the client’s own pauses</option>
                    <option value="window">As the target’s window permits</option>
                  </Select>
                </FormFieldRow>
                <FormFieldRow name="midStream" label="Open connections" hint={midStreamHints[values.midStream]} className="sm:col-span-2">
                  <Select {...input('midStream')}>
                    <option value="boundary">From their next request on</option>
                    <option value="immediate">From their next byte on</option>
                    <option value="skip">Never</option>
                  </Select>
                </FormFieldRow>
                <FormFieldRow name="adapter" label="Protocol" hint={adapterHint(values.adapter)} className="sm:col-span-2">
                  <Select {...input('adapter')}>
                    <option value="turns">Any: requests are told apart by who spoke</option>
                    <option value="auto">By the target’s port</option>
                    <option value="http1">HTTP/1.1</option>
                    <option value="redis">Redis</option>
                    <option value="postgres">PostgreSQL</option>
                    <option value="mysql">MySQL, MariaDB</option>
                    <option value="memcached">memcached</option>
                  </Select>
                </FormFieldRow>
              </div>
              <div className="flex flex-col gap-2">
                <SelectionSection />
                <SourcesSection note={noteOf('sources.pool')} />
              </div>
              {resets.map((sentence) => (
                <Notice key={sentence} tone="warn">
                  {sentence}
                </Notice>
              ))}
              {refusal && refusal.field === null && <Notice tone="bad">{refusal.message}</Notice>}
            </div>
            <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">
              <Button asChild>
                <Link href={mapping ? `/mappings/${mapping.id}` : '/'}>Cancel</Link>
              </Button>
              <Button type="submit" look="primary" disabled={formState.isSubmitting}>
                {mapping ? 'Save mapping' : 'Create mapping'}
              </Button>
            </footer>
          </form>
          <div className="flex flex-col gap-5">
            <Panel title="Forecast" note="before anything is sent">
              <MappingForecast mapping={sketch} id={mapping?.id ?? null} />
            </Panel>
            <StandAlone sketch={sketch} assistant={agents.find((agent) => agent.id === values.assistantAgentId)} />
          </div>
        </div>
      </FormErrors.Provider>
    </FormProvider>
  );
}
