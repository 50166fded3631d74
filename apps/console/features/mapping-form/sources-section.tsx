'use client';
import { useWatch } from 'react-hook-form';
import { Input } from '../../components/ui/input.tsx';
import { Select } from '../../components/ui/select.tsx';
import { FormFieldRow, useErrorOf, useInput } from './form-field.tsx';
import { FormSection } from './form-section.tsx';
import { emptyForm, type FormValues, formFields } from './form-values.ts';

const fields = formFields.filter((field) => field.startsWith('sources.'));

const identityHints: Record<string, string> = {
  client: 'The target sees each real client. The first copy has the client’s own port too.',
  pool: 'Each client is always the same address of the pool.',
  address: 'The target sees one client, as behind a proxy.',
};

function summaryOf({ identity, address, pool, ports }: FormValues['sources']): string {
  const who = identity === 'pool' ? `addresses of ${pool || 'a pool'}` : identity === 'address' ? address || 'one address' : 'the clients’ own';
  return [who, identity !== 'pool' && pool !== '' ? `more from ${pool}` : null, ports === emptyForm.sources.ports ? null : `ports ${ports}`]
    .filter((part) => part !== null)
    .join(', ');
}

/** Whose addresses copies bear, and where more of them come from. */
export function SourcesSection({ note }: { note: string | undefined }) {
  const input = useInput();
  const errorOf = useErrorOf();
  const sources = { ...emptyForm.sources, ...useWatch<FormValues, 'sources'>({ name: 'sources' }) };
  const isUsual = JSON.stringify(sources) === JSON.stringify(emptyForm.sources);
  return (
    <FormSection title="Whose addresses" summary={summaryOf(sources)} isSet={!isUsual} isWrong={fields.some((field) => errorOf(field) !== undefined)}>
      <div className="grid gap-4 sm:grid-cols-2">
        <FormFieldRow name="sources.identity" label="Copies come from" hint={identityHints[sources.identity]}>
          <Select {...input('sources.identity')}>
            <option value="client">the client’s own address</option>
            <option value="pool">addresses of the pool</option>
            <option value="address">one address for all</option>
          </Select>
        </FormFieldRow>
        {sources.identity === 'address' && (
          <FormFieldRow name="sources.address" label="That address" hint="One that nobody has.">
            <Input {...input('sources.address')} className="mono" />
          </FormFieldRow>
        )}
      </div>
      <FormFieldRow
        name="sources.pool"
        label="Pool of addresses"
        hint={
          sources.identity === 'pool'
            ? 'Networks of addresses that nobody has. The target must route them to the assistant too.'
            : 'Used when an address has no port left: networks of addresses that nobody has, routed to the assistant by the target too. Empty: none.'
        }
      >
        <Input {...input('sources.pool')} className="mono" placeholder={sources.identity === 'pool' ? '10.95.0.0/24' : 'none'} />
      </FormFieldRow>
      {note && <p className="text-xs text-soft">{note}</p>}
      <div className="grid gap-4 sm:grid-cols-2">
        <FormFieldRow
          name="sources.loopbackAs"
          label="Local clients appear as"
          hint="Clients on the online server itself have no address that could leave it. Empty: they are not copied."
        >
          <Input {...input('sources.loopbackAs')} className="mono" placeholder="not copied" />
        </FormFieldRow>
        <FormFieldRow name="sources.ports" label="Source ports" hint="For copies that cannot have their client’s own port.">
          <Input {...input('sources.ports')} className="mono" />
        </FormFieldRow>
      </div>
    </FormSection>
  );
}
