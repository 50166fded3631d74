import type { AdapterChoice, SecondCounts } from '@parallax/protocol';
import Link from 'next/link';
import { Notice } from '../../components/ui/notice.tsx';
import { formatCount } from '../../lib/format.ts';

type Props = { counts: SecondCounts; adapter: AdapterChoice; id: string };

const plural = (count: number, one: string, more: string): string => `${formatCount(count)} ${count === 1 ? one : more}`;

/** What in this window was not measured as it should be, and what to do about it. */
export function Doubts({ counts: { online, target }, adapter, id }: Props) {
  const clockSet = online.clockSet + target.clockSet;
  return (
    <>
      {online.notUnderstood + target.notUnderstood > 0 && (
        <Notice tone="warn">
          <p data-testid="not-understood" data-online={online.notUnderstood} data-target={target.notUnderstood}>
            The adapter “{adapter}” did not understand {plural(online.notUnderstood, 'connection', 'connections')} of clients and{' '}
            {plural(target.notUnderstood, 'copy', 'copies')} whose answers came from the target. They are measured by turns, as the kind “not understood”.{' '}
            <Link href={`/mappings/${id}`} className="underline">
              The events
            </Link>{' '}
            say why. If clients speak another protocol,{' '}
            <Link href={`/mappings/${id}/edit`} className="underline">
              choose its adapter, or “turns”
            </Link>
            ; if only the target’s answers are not understood, look at what its build answers.
          </p>
        </Notice>
      )}
      {clockSet > 0 && (
        <Notice tone="warn">
          <p data-testid="clock-set" data-online={online.clockSet} data-target={target.clockSet}>
            {plural(clockSet, 'exchange was', 'exchanges were')} counted and not timed, because a host’s clock was set meanwhile. Let its time service correct
            the clock slowly (slew) instead of setting it.
          </p>
        </Notice>
      )}
    </>
  );
}
