'use client';
import { cn } from '../../lib/class-names.ts';
import { type Account, accounts } from './waterfall.ts';

const labels: Record<Account, string> = { copies: 'Sessions', exchanges: 'Exchanges', bytes: 'Bytes' };

export function AccountPicker({ account, onChange }: { account: Account; onChange: (account: Account) => void }) {
  return (
    <fieldset className="flex rounded-md border border-line-strong p-0.5">
      <legend className="sr-only">Counted</legend>
      {accounts.map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={one === account}
          onClick={() => onChange(one)}
          className={cn('min-h-6 rounded px-2 text-xs text-soft hover:text-text', one === account && 'bg-raised font-medium text-text')}
        >
          {labels[one]}
        </button>
      ))}
    </fieldset>
  );
}
