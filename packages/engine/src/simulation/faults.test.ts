// One fault on a good network: its own bucket moves, and no other.
import { expect, test } from 'vitest';
import type { Ending } from '../ledger.ts';
import { runSeed } from './run.ts';
import { type Fault, planScenario } from './scenario.ts';

const SEEDS = 60;
const good: readonly string[] = ['delivered', 'deliveredUnanswered'];

test.each<[Fault, Ending[]]>([
  ['captureDrops', ['captureDrop']],
  ['sendsFail', ['sendFailed']],
  ['targetRefuses', ['refusedByTarget']],
  ['targetResets', ['resetByTarget']],
  ['targetClosesEarly', ['closedEarlyByTarget']],
  ['targetGone', ['timedOut']],
  ['storeFull', ['overLimit']],
  ['tooManySessions', ['overLimit']],
  ['clientVanishes', ['timedOut']],
  ['targetMute', []],
  ['targetNeverCloses', []],
  ['partition', []],
  ['relayOutage', []],
  ['portReuse', []],
  ['lateStart', ['midStreamSkipped']],
  ['mappingRestarts', ['midStreamSkipped']],
  ['targetRestarts', ['closedEarlyByTarget', 'refusedByTarget', 'resetByTarget']],
])('%s ends copies and exchanges as %j', { timeout: 60_000 }, (fault, endings) => {
  const moved = { copies: new Set<string>(), exchanges: new Set<string>() };
  for (let seed = 0; seed < SEEDS; seed++) {
    const { settled, failure } = runSeed(seed, false, fault);
    expect(failure).toBeNull();
    for (const kind of ['copies', 'exchanges'] as const)
      for (const [ending, count] of Object.entries(settled![kind])) if (count > 0 && !good.includes(ending)) moved[kind].add(ending);
  }
  expect([...moved.copies].sort()).toEqual(endings);
  for (const ending of moved.exchanges) expect(endings).toContain(ending);
});

test('a target that answers nothing: no exchange is answered, and none is lost', () => {
  const sum = { delivered: 0, deliveredUnanswered: 0 };
  for (let seed = 0; seed < SEEDS; seed++) {
    if (planScenario(seed, 'targetMute').target.behaviour.greetingBytes > 0) continue; // a greeting that comes late looks like an answer
    const { settled } = runSeed(seed, false, 'targetMute');
    sum.delivered += settled!.exchanges.delivered;
    sum.deliveredUnanswered += settled!.exchanges.deliveredUnanswered;
  }
  expect(sum.deliveredUnanswered).toBeGreaterThan(100);
  expect(sum.delivered).toBe(0);
});
