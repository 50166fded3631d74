import type { SessionRow } from '@parallax/protocol';
import { formatBytes, formatDifference, formatLatency } from '../../lib/format.ts';
import { difference } from '../mapping/figures.ts';

/** Every copy of one session beside the session itself. */
export function SessionDetails({ session }: { session: SessionRow }) {
  return (
    <table className="w-full max-w-4xl text-xs" aria-label={`Copies of ${session.client.address}:${session.client.port}`}>
      <thead>
        <tr className="text-left text-faint [&>th]:pr-4 [&>th]:pb-1 [&>th]:font-medium">
          <th scope="col">Server</th>
          <th scope="col">State</th>
          <th scope="col" className="text-right">
            Client bytes
          </th>
          <th scope="col" className="text-right">
            Held
          </th>
          <th scope="col">Why held</th>
          <th scope="col" className="text-right">
            Last latency
          </th>
          <th scope="col" className="text-right">
            Difference
          </th>
        </tr>
      </thead>
      <tbody className="[&_td]:pr-4 [&_td]:pb-0.5">
        <tr>
          <td className="text-online">online, port {session.client.port}</td>
          <td>{session.state}</td>
          <td className="text-right">{formatBytes(session.bytesFromClient)}</td>
          <td />
          <td />
          <td className="text-right text-online">{formatLatency(session.lastLatencyUs)}</td>
          <td />
        </tr>
        {session.copies.map((copy) => (
          <tr key={`${copy.address}:${copy.port}`}>
            <td className="text-target">
              target, {copy.address === undefined ? '' : `${copy.address} `}port {copy.port}
            </td>
            <td>{copy.state}</td>
            <td className="text-right">{formatBytes(copy.bytesDelivered)}</td>
            <td className="text-right">{copy.bytesHeld > 0 ? formatBytes(copy.bytesHeld) : ''}</td>
            <td>{copy.held}</td>
            <td className="text-right text-target">{formatLatency(copy.lastLatencyUs)}</td>
            <td className="text-right text-soft">{formatDifference(difference(session.lastLatencyUs, copy.lastLatencyUs))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
