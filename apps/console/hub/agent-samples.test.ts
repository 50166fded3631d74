import { expect, test } from 'vitest';
import { assistantSample } from '../testing/samples.ts';
import { AgentSamples } from './agent-samples.ts';

test('a minute of each agent is kept, at the time of its arrival', () => {
  const samples = new AgentSamples();
  for (let second = 0; second < 90; second++) samples.add('a', assistantSample({ captured: second }), second * 1000);
  samples.add('b', assistantSample(), 89_000);
  const { a, b } = samples.all(89_000);
  expect(a!.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 60 }, (_, index) => (30 + index) * 1000));
  expect(b).toHaveLength(1);
  expect(samples.all(200_000)).toEqual({ a: [], b: [] });
  samples.forget('a');
  expect(Object.keys(samples.all(89_000))).toEqual(['b']);
});
