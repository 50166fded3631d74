import type { MappingStatus } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { agentView, ledger, liveSample, mapping } from '../../testing/samples.ts';
import { achievedMultiplier, delivered, difference } from './figures.ts';
import { hopsOf } from './hops.ts';

const status: MappingStatus = { id: 'm', desired: 'running', state: 'running', reason: '', sinceMs: 0 };
const packets = { captured: 10, captureDropped: 0, injected: 30, sendFailed: 0, answers: 30 };
const now = liveSample(10_000);
const given = {
  mapping: mapping(),
  status,
  online: agentView(),
  assistant: agentView({ id: 'assistant-1', name: 'assist-1', role: 'assistant', relay: { address: '10.0.0.22', port: 36_524 } }),
  samples: [now],
  sample: now,
  nowMs: 10_500,
};
const withPackets = (change: Partial<typeof packets>) => {
  const sample = { ...now, packets: { ...packets, ...change } };
  return { samples: [sample], sample };
};

test.each([
  ['all well', {}, ['running', 'running', 'running', 'running'], ''],
  ['no figures', { sample: null, samples: [] }, ['unknown', 'running', 'unknown', 'running'], 'no figures arrive'],
  ['stopped', { status: { ...status, desired: 'stopped' as const } }, ['running', 'running', 'stopped', 'running'], 'nothing is sent to it'],
  ['packets lost in capture', withPackets({ captureDropped: 1200 }), ['running', 'degraded', 'running', 'running'], 'capture lost 1\u202f200 packets'],
  ['packets sent, none answered', withPackets({ answers: 0 }), ['running', 'running', 'failed', 'running'], 'do its answers go to the assistant'],
  ['packets that could not be sent', withPackets({ sendFailed: 1 }), ['running', 'running', 'degraded', 'running'], '1 packet could not be sent'],
  [
    'the online agent away',
    { online: agentView({ connected: false, sinceMs: 0 }) },
    ['running', 'failed', 'running', 'running'],
    'not connected since 1970-01-01T00:00:00.000Z',
  ],
  [
    'an assistant that never came',
    { assistant: agentView({ connected: false, sinceMs: null }) },
    ['running', 'running', 'running', 'failed'],
    'has never connected',
  ],
  [
    'a relay down',
    { assistant: { ...given.assistant, relays: [{ peer: 'web-1', connected: false, reason: 'refused' }] } },
    ['running', 'running', 'running', 'degraded'],
    'relay of web-1 is not connected: refused',
  ],
])('%s', (_, change, states, reason) => {
  const hops = hopsOf({ ...given, ...change });
  expect(hops.map((hop) => hop.state)).toEqual(states);
  expect(hops.map((hop) => hop.reason).join('\n')).toContain(reason);
});

test('figures: what had no chance does not count as not delivered', () => {
  expect(delivered(ledger({ delivered: 90, deliveredUnanswered: 5, timedOut: 5, midStreamSkipped: 50, stopped: 7, inFlight: 9 }))).toEqual({
    done: 95,
    ended: 100,
  });
  expect(achievedMultiplier(liveSample(0, { sessionsOpen: 10, copiesOpen: 25 }))).toBe(2.5);
  expect(achievedMultiplier(liveSample(0, { sessionsOpen: 0 }))).toBeNull();
  expect([difference(100, 150), difference(null, 1), difference(1, null)]).toEqual([50, null, null]);
});
