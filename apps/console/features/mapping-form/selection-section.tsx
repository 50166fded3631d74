'use client';
import { useWatch } from 'react-hook-form';
import { Input } from '../../components/ui/input.tsx';
import { Select } from '../../components/ui/select.tsx';
import { FormFieldRow, useErrorOf, useInput } from './form-field.tsx';
import { FormSection } from './form-section.tsx';
import { emptyForm, type FormValues, formFields } from './form-values.ts';

const fields = formFields.filter((field) => field.startsWith('selection.'));

function summaryOf({ percent, by, include, exclude, maxSessions, ramp }: FormValues['selection']): string {
  const parts = [
    percent === '100' && ramp.fromPercent === ''
      ? null
      : `${ramp.fromPercent === '' ? '' : `from ${ramp.fromPercent} % to `}${percent} % of ${by === 'client' ? 'clients' : 'sessions'}`,
    include === '' ? null : `only ${include}`,
    exclude === '' ? null : `not ${exclude}`,
    maxSessions === '' ? null : `at most ${maxSessions} at a time`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'all of them' : parts.join(', ');
}

/** Which sessions are copied; the others are counted as sampled out. */
export function SelectionSection() {
  const input = useInput();
  const errorOf = useErrorOf();
  const selection = { ...emptyForm.selection, ...useWatch<FormValues, 'selection'>({ name: 'selection' }) };
  const isUsual = JSON.stringify(selection) === JSON.stringify(emptyForm.selection);
  const climbs = selection.ramp.fromPercent.trim() !== '';
  return (
    <FormSection title="Which sessions" summary={summaryOf(selection)} isSet={!isUsual} isWrong={fields.some((field) => errorOf(field) !== undefined)}>
      <div className="grid gap-4 sm:grid-cols-[8rem_1fr]">
        <FormFieldRow name="selection.percent" label="Percentage">
          <Input {...input('selection.percent')} inputMode="decimal" />
        </FormFieldRow>
        <FormFieldRow
          name="selection.by"
          label="Drawn"
          hint={
            selection.by === 'client'
              ? 'A client address is in or out with all its sessions, for good.'
              : 'Each session for itself, always alike: who is in at 10 % is in at 20 %.'
          }
        >
          <Select {...input('selection.by')}>
            <option value="session">for each session</option>
            <option value="client">for each client address</option>
          </Select>
        </FormFieldRow>
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <FormFieldRow name="selection.include" label="Only clients of" hint="Networks, separated by commas. Empty: all clients.">
          <Input {...input('selection.include')} className="mono" placeholder="all clients" />
        </FormFieldRow>
        <FormFieldRow name="selection.exclude" label="But not of" hint="Networks whose sessions are never copied.">
          <Input {...input('selection.exclude')} className="mono" placeholder="nobody" />
        </FormFieldRow>
      </div>
      <FormFieldRow
        name="selection.maxSessions"
        label="Sessions at a time"
        hint="While so many are being copied, new ones are left out. Empty: no bound."
        className="sm:max-w-60"
      >
        <Input {...input('selection.maxSessions')} inputMode="numeric" placeholder="no bound" />
      </FormFieldRow>
      <div className="grid gap-4 sm:grid-cols-3">
        <FormFieldRow
          name="selection.ramp.fromPercent"
          label="Begin with %"
          hint={climbs ? `Then in equal steps to ${selection.percent} %, which is held.` : 'Empty: the whole percentage at once.'}
        >
          <Input {...input('selection.ramp.fromPercent')} inputMode="decimal" placeholder={selection.percent} />
        </FormFieldRow>
        <FormFieldRow name="selection.ramp.steps" label="Steps">
          <Input {...input('selection.ramp.steps')} inputMode="numeric" disabled={!climbs} />
        </FormFieldRow>
        <FormFieldRow name="selection.ramp.stepSeconds" label="Seconds each">
          <Input {...input('selection.ramp.stepSeconds')} inputMode="numeric" disabled={!climbs} />
        </FormFieldRow>
      </div>
    </FormSection>
  );
}
