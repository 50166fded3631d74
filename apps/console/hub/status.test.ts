import type { AgentState } from '@parallax/protocol';
import { expect, test } from 'vitest';
import type { Mapping } from '../store/store.ts';
import { mapping } from '../testing/samples.ts';
import { type AgentCondition, deriveStatus } from './status.ts';

const reported = (state: AgentState['mappings'][number]['state'], reason = ''): AgentState => ({
  type: 'state',
  revision: 5,
  packetPath: { state: 'running', reason: 'ring', pid: 1, restarts: 0 },
  mappings: [{ id: 'm', state, reason }],
  relays: [],
});
const online: AgentCondition = { name: 'web-1', connected: true, sinceMs: 0, hasRelay: false, told: 5, state: reported('running') };
const assistant: AgentCondition = { name: 'assist-1', connected: true, sinceMs: 0, hasRelay: true, told: 5, state: null };
const away = { ...online, connected: false, sinceMs: 1_000 };
const running = mapping();
const stopped = mapping({ desired: 'stopped' });
const leaseMs = 10_000;

test.each<[string, Mapping, AgentCondition, AgentCondition, number, string, RegExp]>([
  ['reported running', running, online, assistant, 2_000, 'running', /^copying each session ×3$/],
  ['reported degraded with its reason', running, { ...online, state: reported('degraded', 'relay is down') }, assistant, 2_000, 'degraded', /^relay is down$/],
  ['not reported yet', running, { ...online, state: null }, assistant, 2_000, 'starting', /^waiting for web-1 to take it up$/],
  ['reported of an older revision', running, { ...online, told: 6 }, assistant, 2_000, 'starting', /waiting for web-1/],
  [
    'packet path failed',
    running,
    { ...online, state: { ...reported('running'), packetPath: { state: 'failed', reason: 'CAP_NET_RAW is missing', pid: null, restarts: 3 } } },
    assistant,
    2_000,
    'failed',
    /CAP_NET_RAW/,
  ],
  ['relay address not known', running, online, { ...assistant, hasRelay: false }, 2_000, 'starting', /^assistant assist-1 has not told its relay address yet/],
  [
    'assistant away',
    running,
    online,
    { ...assistant, connected: false, sinceMs: 1_000 },
    2_000,
    'degraded',
    /^assistant agent assist-1 is not connected to the console since 1970-01-01T00:00:01\.000Z$/,
  ],
  ['online agent away within its lease', running, away, assistant, 10_999, 'degraded', /lease ends at 1970-01-01T00:00:11\.000Z$/],
  ['online agent away beyond its lease', running, away, assistant, 11_000, 'failed', /is not connected since 1970-01-01T00:00:01\.000Z: its lease ended/],
  ['online agent never there', running, { ...away, sinceMs: null }, assistant, 0, 'failed', /has never connected: start it/],
  ['stopped', stopped, { ...online, state: { ...reported('running'), mappings: [] } }, assistant, 0, 'stopped', /^nothing is sent to the target$/],
  ['stopped, copies still open', stopped, { ...online, state: reported('stopping', '3 copies left') }, assistant, 0, 'stopping', /^3 copies left$/],
  ['stopped while away, lease not over', stopped, away, assistant, 5_000, 'stopping', /which stops its copies$/],
  ['stopped while away, lease over', stopped, away, assistant, 50_000, 'stopped', /^nothing is sent to the target; online agent web-1 is not connected/],
])('%s', (_, given, on, as, nowMs, state, reason) => {
  const status = deriveStatus(given, on, as, leaseMs, nowMs);
  expect(status.state).toBe(state);
  expect(status.reason).toMatch(reason);
});
