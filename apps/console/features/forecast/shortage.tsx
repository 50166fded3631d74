import type { Forecast } from '@parallax/protocol';
import { Notice } from '../../components/ui/notice.tsx';
import { formatCount } from '../../lib/format.ts';

type Props = { forecast: Forecast | null | undefined; className?: string };

/** Says so when ports do not suffice, and what would help. */
export function Shortage({ forecast, className = '' }: Props) {
  if (!forecast || forecast.copiesPossible >= forecast.copies) return null;
  const { copies, copiesPossible, addressesMissing } = forecast;
  return (
    <Notice tone="warn" className={className}>
      Ports suffice for {formatCount(copiesPossible)} of {formatCount(copies)} copies; the rest is counted as “No port free”.{' '}
      {addressesMissing > 0 && (
        <>
          Needs {formatCount(addressesMissing)} more {addressesMissing === 1 ? 'address' : 'addresses'} in the pool, or a smaller multiplier.
        </>
      )}
    </Notice>
  );
}
