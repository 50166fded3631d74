import { expect, test } from 'vitest';
import { agentView, assistantSample, liveSample, mapping } from '../../testing/samples.ts';
import { freshSample } from './freshness.ts';
import { applyMessage, fromSnapshot, keptMs, mergeSamples, type Snapshot } from './live-state.ts';

const status = { id: 'm', desired: 'running' as const, state: 'running' as const, reason: '', sinceMs: 0 };
const snapshot: Snapshot = {
  type: 'snapshot',
  nowMs: 1_000,
  agents: [agentView()],
  mappings: [status],
  definitions: [mapping()],
  samples: { m: [liveSample(1_000)] },
};
const start = applyMessage(fromSnapshot({ ...snapshot, samples: {} }), snapshot, 1_250);

test('a snapshot makes it live, and the difference of the clocks known', () => {
  expect(start).toMatchObject({ connection: { state: 'live' }, clockOffsetMs: 250 });
  expect(start.samples.get('m')).toHaveLength(1);
});

test('a second snapshot keeps the samples that came before it', () => {
  const again = applyMessage(start, { ...snapshot, samples: { m: [liveSample(9_000)] } }, 9_250);
  expect(again.samples.get('m')?.map((sample) => sample.atMs)).toEqual([1_000, 9_000]);
});

test('changes replace what they are about and nothing else', () => {
  const renamed = applyMessage(start, { type: 'agent', agent: agentView({ name: 'web-9' }) }, 0);
  expect(renamed.agents.get('online-1')?.name).toBe('web-9');
  expect(renamed.samples).toBe(start.samples);
  const gone = applyMessage(renamed, { type: 'mapping-removed', id: 'm' }, 0);
  expect([gone.statuses.size, gone.definitions.size, gone.samples.size]).toEqual([0, 0, 0]);
  expect(applyMessage(gone, { type: 'agent-removed', id: 'online-1' }, 0).agents.size).toBe(0);
});

test('a status without a definition keeps the definition', () => {
  const changed = applyMessage(start, { type: 'mapping', status: { ...status, state: 'degraded', reason: 'x' } }, 0);
  expect(changed.statuses.get('m')?.state).toBe('degraded');
  expect(changed.definitions.get('m')?.name).toBe('orders');
});

test('samples stay in order, once each, for a quarter of an hour', () => {
  expect(mergeSamples([liveSample(2_000), liveSample(3_000)], [liveSample(1_000), liveSample(2_000)]).map((sample) => sample.atMs)).toEqual([
    1_000, 2_000, 3_000,
  ]);
  const later = applyMessage(start, { type: 'sample', sample: liveSample(2_000 + keptMs) }, 0);
  expect(later.samples.get('m')?.map((sample) => sample.atMs)).toEqual([2_000 + keptMs]);
  const early = applyMessage(later, { type: 'sample', sample: liveSample(keptMs) }, 0);
  expect(early.samples.get('m')?.map((sample) => sample.atMs)).toEqual([keptMs, 2_000 + keptMs]);
});

test('seconds of agents are kept for a minute, and go with their agent', () => {
  const given = applyMessage(start, { ...snapshot, agentSamples: { 'online-1': [assistantSample({}, 1_000)] } }, 0);
  const later = applyMessage(given, { type: 'agent-sample', agentId: 'online-1', sample: assistantSample({}, 60_000) }, 0);
  expect(later.agentSamples.get('online-1')?.map(({ atMs }) => atMs)).toEqual([1_000, 60_000]);
  const latest = applyMessage(later, { type: 'agent-sample', agentId: 'online-1', sample: assistantSample({}, 61_000) }, 0);
  expect(latest.agentSamples.get('online-1')?.map(({ atMs }) => atMs)).toEqual([60_000, 61_000]);
  expect(applyMessage(latest, { type: 'agent-removed', id: 'online-1' }, 0).agentSamples.size).toBe(0);
});

test('a sample is of now for some seconds, then not', () => {
  const samples = [liveSample(1_000)];
  expect(freshSample(samples, 4_000)).toBe(samples[0]);
  expect(freshSample(samples, 5_000)).toBeNull();
  expect(freshSample([], 1_000)).toBeNull();
});
