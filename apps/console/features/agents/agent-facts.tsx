import type { AgentView } from '@parallax/protocol';
import { formatBytes, formatCount, plural } from '../../lib/format.ts';

/** Everything an agent told of its host. */
export function AgentFacts({ agent }: { agent: AgentView }) {
  const { facts, io } = agent;
  if (!facts) return <p className="text-[13px] text-soft">This agent has not connected yet, so nothing is known of its host.</p>;
  const { pid = null, pids = pid === null ? [] : [pid], restarts = 0 } = agent.packetPath ?? {};
  const rows: [string, string][] = [
    ['Hostname', facts.hostname],
    ['System', `${facts.os}, kernel ${facts.kernel}, ${facts.architecture}`],
    ['Size', `${facts.cpus} CPUs, ${formatBytes(facts.memoryBytes)} memory`],
    ['Agent', `version ${agent.version ?? 'not told'}, Node ${facts.nodeVersion}`],
    ['Packet I/O', io ? `${io.backend}: ${io.why}` : 'not told'],
    ...(io?.offloads
      ? [['Offloads', io.offloads.length === 0 ? 'none where it captures' : `${io.offloads.join(', ')}, where it captures`] satisfies [string, string]]
      : []),
    ['Capabilities', facts.capabilities.join(' ') || 'none'],
    ...(pids.length > 0
      ? [['Packet path', `${pids.length === 1 ? 'process' : 'processes'} ${pids.join(', ')}, restarted ${plural(restarts, 'time')}`] satisfies [string, string]]
      : []),
  ];
  return (
    <div className="grid gap-6 text-[13px] lg:grid-cols-2">
      <dl className="grid grid-cols-[7rem_1fr] content-start gap-x-4 gap-y-1.5">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-faint">{name}</dt>
            <dd className="[overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
        {agent.relays.map((relay) => (
          <div key={relay.peer} className="contents">
            <dt className="text-faint">Relay</dt>
            <dd>
              <span className="mono">{relay.peer}</span> {relay.connected ? 'connected' : 'not connected'}
              {relay.reason && relay.reason !== 'connected' && `: ${relay.reason}`}
            </dd>
          </div>
        ))}
      </dl>
      <div className="min-w-0 space-y-4">
        <table className="w-full text-xs" aria-label={`Interfaces of ${agent.name}`}>
          <thead>
            <tr className="text-left text-faint [&>th]:pr-3 [&>th]:pb-1 [&>th]:font-medium">
              <th scope="col">Interface</th>
              <th scope="col">State</th>
              <th scope="col">MTU</th>
              <th scope="col">Addresses</th>
            </tr>
          </thead>
          <tbody>
            {facts.interfaces.map((nic) => (
              <tr key={nic.name} className="align-top [&>td]:pr-3 [&>td]:pb-1">
                <td className="mono">{nic.name}</td>
                <td>{nic.up ? 'up' : 'down'}</td>
                <td>{nic.mtuBytes === null ? 'not known' : `${formatCount(nic.mtuBytes)} B`}</td>
                <td className="mono">{nic.addresses.map((entry) => `${entry.address}/${entry.prefixBits}`).join(', ') || 'none'}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {Object.keys(facts.sysctls).length > 0 && (
          <dl className="mono grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-xs">
            {Object.entries(facts.sysctls).map(([key, value]) => (
              <div key={key} className="contents">
                <dt className="text-faint">{key}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </div>
  );
}
