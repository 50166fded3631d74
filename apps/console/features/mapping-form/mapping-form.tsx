'use client';
import type { MappingView } from '@parallax/protocol';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { type FieldPath, useForm, useWatch } from 'react-hook-form';
import { toast } from 'sonner';
import { Button } from '../../components/ui/button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Input } from '../../components/ui/input.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { Select } from '../../components/ui/select.tsx';
import { ApiFailure, callApi } from '../../lib/api-client.ts';
import { formatRate } from '../../lib/format.ts';
import { freshSample } from '../live/freshness.ts';
import { useConsoleNow, useLive, useSamples } from '../live/use-live.ts';
import { AgentSelect } from './agent-select.tsx';
import { checkForm, emptyForm, type FormField, type FormValues, formFields, toFormValues } from './form-values.ts';
import { StandAlone } from './stand-alone.tsx';

type Props = { /** Null: a new one. */ mapping: MappingView | null };

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

export function MappingForm({ mapping }: Props) {
  const router = useRouter();
  const agents = [...useLive((state) => state.agents).values()].sort((a, b) => a.name.localeCompare(b.name));
  const definitions = useLive((state) => state.definitions);
  const isRunning = useLive((state) => mapping !== null && state.statuses.get(mapping.id)?.desired === 'running');
  const nowMs = useConsoleNow();
  const sample = freshSample(useSamples(mapping?.id ?? ''), nowMs);
  const { register, handleSubmit, control, formState } = useForm<FormValues>({ defaultValues: mapping ? toFormValues(mapping) : emptyForm });
  const values = { ...emptyForm, ...useWatch({ control }) } as FormValues;
  const others = [...definitions.values()].filter((other) => other.id !== mapping?.id);
  const { errors } = checkForm(values, others, agents);
  const [said, setSaid] = useState<{ field: FormField | null; message: string; values: string } | null>(null);
  // What the console refused stands until something is changed.
  const refusal = said && said.values === JSON.stringify(values) ? said : null;

  const isTouched = (field: FormField) => {
    const [outer, inner] = field.split('.') as [keyof FormValues, string | undefined];
    const marks = [formState.dirtyFields[outer], formState.touchedFields[outer]] as unknown as (boolean | Record<string, boolean> | undefined)[];
    return formState.isSubmitted || marks.some((mark) => (inner !== undefined && typeof mark === 'object' ? mark[inner] : mark === true));
  };
  const errorOf = (field: FormField) => (refusal?.field === field ? refusal.message : isTouched(field) ? errors[field] : undefined);
  const input = (field: FormField) => register(field as FieldPath<FormValues>);

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
      const known = formFields.find((one) => error instanceof ApiFailure && one === field) ?? null;
      setSaid({ field: known, message, values: JSON.stringify(submitted) });
    }
  });

  const copies = Number(values.multiplier);
  const presentRate =
    sample && copies >= 1 ? `${formatRate(sample.exchanges.online * copies)} to the target at the present ${formatRate(sample.exchanges.online)}.` : '';
  return (
    <div className="mx-auto grid max-w-6xl items-start gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <form noValidate onSubmit={submit} aria-label={mapping ? `Edit ${mapping.name}` : 'New mapping'} className="rounded-lg border border-line bg-panel">
        <header className="border-b border-line px-5 py-3">
          <h1 className="text-base font-semibold">{mapping ? `Edit ${mapping.name}` : 'New mapping'}</h1>
          <p className="text-[13px] text-soft">One service to mirror. Nothing is sent before it is started.</p>
        </header>
        <div className="flex flex-col gap-6 p-5">
          {isRunning && (
            <Notice tone="info">
              This mapping is running. Name, multiplier, pacing and the choice for open connections change at once; stop it to change agents, addresses or
              ports.
            </Notice>
          )}
          <Field label="Name" error={errorOf('name')} hint="How pages call it, such as orders-redis.">
            <Input {...input('name')} autoFocus={!mapping} />
          </Field>
          <fieldset className="grid gap-4 border-l-2 border-online pl-4 sm:grid-cols-[1fr_7rem]">
            <legend className="sr-only">Online server</legend>
            <Field label="Online agent" error={errorOf('onlineAgentId')} hint="On the server that your clients use." className="sm:col-span-2">
              <AgentSelect agentRole="online" agents={agents} disabled={isRunning} {...input('onlineAgentId')} />
            </Field>
            <Field label="Listen address" error={errorOf('listen.address')} hint="Empty: every address of the online server.">
              <Input {...input('listen.address')} className="mono" placeholder="all addresses" disabled={isRunning} />
            </Field>
            <Field label="Listen port" error={errorOf('listen.port')}>
              <Input {...input('listen.port')} className="mono" inputMode="numeric" disabled={isRunning} />
            </Field>
          </fieldset>
          <fieldset className="grid gap-4 border-l-2 border-target pl-4 sm:grid-cols-[1fr_7rem]">
            <legend className="sr-only">Target server</legend>
            <Field label="Target address" error={errorOf('target.address')} hint="Where the copies go. Copies are never sent anywhere else.">
              <Input {...input('target.address')} className="mono" disabled={isRunning} />
            </Field>
            <Field label="Target port" error={errorOf('target.port')}>
              <Input {...input('target.port')} className="mono" inputMode="numeric" disabled={isRunning} />
            </Field>
          </fieldset>
          <Field label="Assistant agent" error={errorOf('assistantAgentId')} hint="On the server to which the target’s answers to clients are routed.">
            <AgentSelect agentRole="assistant" agents={agents} disabled={isRunning} {...input('assistantAgentId')} />
          </Field>
          <div className="grid gap-4 sm:grid-cols-[13rem_1fr]">
            <Field label="Multiplier" error={errorOf('multiplier')} hint={presentRate || 'Copies made of each session.'}>
              <Input {...input('multiplier')} inputMode="numeric" />
            </Field>
            <Field label="Pacing" error={errorOf('pacing')} hint={pacingHints[values.pacing]}>
              <Select {...input('pacing')}>
                <option value="response">After the target’s answer</option>
                <option value="timing">At the client’s own pauses</option>
                <option value="window">As the target’s window permits</option>
              </Select>
            </Field>
            <Field label="Open connections" error={errorOf('midStream')} hint={midStreamHints[values.midStream]} className="sm:col-span-2">
              <Select {...input('midStream')}>
                <option value="boundary">From their next request on</option>
                <option value="immediate">From their next byte on</option>
                <option value="skip">Never</option>
              </Select>
            </Field>
          </div>
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
      <StandAlone values={values} assistant={agents.find((agent) => agent.id === values.assistantAgentId)} />
    </div>
  );
}
