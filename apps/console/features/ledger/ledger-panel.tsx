'use client';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Instant } from '../../components/ui/instant.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { freshSample } from '../live/freshness.ts';
import { useConsoleNow, useSamples, useStatus } from '../live/use-live.ts';
import { AccountPicker } from './account-picker.tsx';
import { useAccount } from './use-account.ts';
import { waterfallOf } from './waterfall.ts';
import { WaterfallTable } from './waterfall-table.tsx';

/** Everything that was captured ends in exactly one row. */
export function LedgerPanel({ mappingId }: { mappingId: string }) {
  const samples = useSamples(mappingId);
  const status = useStatus(mappingId);
  const nowMs = useConsoleNow();
  const [account, setAccount] = useAccount();
  const [showsAll, setShowsAll] = useState(false);
  const sample = samples.at(-1);
  if (sample === undefined) {
    return (
      <Panel title="Ledger">
        <p className="text-[13px] text-soft">
          {status?.desired === 'stopped'
            ? 'Nothing has been copied since this console started. Start the mapping: every session, exchange and byte will be accounted for here.'
            : 'Waiting for the first figures of the online agent. Every session, exchange and byte will be accounted for here.'}
        </p>
      </Panel>
    );
  }
  const isOld = nowMs !== null && freshSample(samples, nowMs) === null;
  const empty = waterfallOf(sample.ledger, account).steps.filter((step) => 'bucket' in step && step.count === 0).length;
  return (
    <Panel
      title="Ledger"
      note={
        isOld ? (
          <span className="text-warn">
            as of <Instant atMs={sample.atMs} />, {status?.desired === 'stopped' ? 'when it was stopped' : 'no newer figures arrive'}
          </span>
        ) : (
          'since the packet path of the online agent started'
        )
      }
      actions={<AccountPicker account={account} onChange={setAccount} />}
    >
      <WaterfallTable ledger={sample.ledger} account={account} showsAll={showsAll} />
      {empty > 0 && (
        <Button size="small" look="quiet" className="mt-2 -ml-2" aria-pressed={showsAll} onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? 'Hide what is empty' : `Show ${empty} empty buckets`}
        </Button>
      )}
    </Panel>
  );
}
