import type { TokenView } from '@parallax/protocol';
import { Instant } from '../../components/ui/instant.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { formatDuration } from '../../lib/format.ts';
import { PasswordForm } from '../account/password-form.tsx';
import { TokensPanel } from './tokens-panel.tsx';

type Props = {
  tokens: TokenView[];
  userName: string;
  accounts: { id: string; name: string; createdAtMs: number }[];
  leaseMs: number;
  version: string;
  database: string;
};

/** What this console was started with, and who may use it. */
export function SettingsPage({ tokens, userName, accounts, leaseMs, version, database }: Props) {
  return (
    <div className="flex max-w-3xl flex-col gap-4">
      <h1 className="sr-only">Settings</h1>
      <Panel title="Accounts" isFlush>
        <table className="w-full text-[13px]" aria-label="Accounts">
          <thead>
            <tr className="text-left text-xs text-faint [&>th]:px-4 [&>th]:py-2 [&>th]:font-medium">
              <th scope="col">Name</th>
              <th scope="col">Made</th>
            </tr>
          </thead>
          <tbody>
            {accounts.map((account) => (
              <tr key={account.id} className="border-t border-line [&>td]:px-4 [&>td]:py-2">
                <td className="font-medium">{account.name}</td>
                <td>
                  <Instant atMs={account.createdAtMs} withDate />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      <Panel title={`Password of ${userName}`}>
        <PasswordForm name={userName} />
      </Panel>
      <TokensPanel tokens={tokens} />
      <Panel title="This console">
        <dl className="grid grid-cols-[9rem_1fr] gap-x-4 gap-y-3 text-[13px]">
          <dt className="text-faint">Version</dt>
          <dd>{version}</dd>
          <dt className="text-faint">Lease time</dt>
          <dd>
            {formatDuration(leaseMs)}
            <p className="text-xs text-soft">
              An online agent that hears nothing from the console for this long stops copying by itself. Set by{' '}
              <code className="mono">parallax console --lease SECONDS</code>.
            </p>
          </dd>
          <dt className="text-faint">Database</dt>
          <dd>
            {database}
            <p className="text-xs text-soft">
              Set by <code className="mono">--data</code> or <code className="mono">--database-url</code>.
            </p>
          </dd>
          <dt className="text-faint">Kept</dt>
          <dd>
            the last 15 minutes of figures, in memory; latencies by their step (<code className="mono">--keep</code>) and the newest 10 000 events, in the
            database
            <p className="text-xs text-soft">Nothing of the mirrored traffic itself is ever stored.</p>
          </dd>
        </dl>
      </Panel>
    </div>
  );
}
