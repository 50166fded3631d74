// Runs one seed from the first SYN until nothing is left, and judges it.
import type { Ending } from '../ledger.ts';
import { checkEnd, checkSettled } from './check-end.ts';
import { checkStep } from './check-step.ts';
import { type Fault, planScenario, type Scenario } from './scenario.ts';
import { Violation } from './violation.ts';
import { MAPPING, World } from './world.ts';

/** Longest conversation, ms; then the mapping is stopped. */
const LIFE_MS = 150_000;
const QUIET_MS = 8_000;

type Ended = Readonly<Record<Ending, number>>;

export interface RunResult {
  seed: number;
  events: number;
  /** What copies and exchanges had ended as when the conversations were over, before the stop. */
  settled: { copies: Ended; exchanges: Ended } | null;
  /** Requests that had to reach the target although their session was in the middle, and did. */
  resumed: number;
  /** Sessions that were found parked, each as often as that was looked at. */
  parked: number;
  /** Of all that was injected. */
  digest: number;
  /** Null when every guarantee held. */
  failure: string | null;
}

export const runSeed = (seed: number, isVerbose = false, only: Fault | null = null): RunResult => runScenario(planScenario(seed, only), isVerbose);

export function runScenario(scenario: Scenario, isVerbose = false): RunResult {
  const { seed } = scenario;
  let settled: RunResult['settled'] = null;
  let world: World | null = null;
  let events = 0;
  try {
    world = new World(scenario, isVerbose);
    world.check = checkStep;
    events = play(world, ({ mapping: { ledger } }) => {
      settled = { copies: { ...ledger.copies.ended }, exchanges: { ...ledger.exchanges.ended } };
    });
    return { seed, events, settled, resumed: world.resumed, parked: world.parked, digest: world.digest, failure: null };
  } catch (error) {
    const what = error instanceof Violation ? error.message : (error as Error).stack;
    const { sessions, faults, ...rest } = scenario;
    const plan = JSON.stringify({ faults: [...faults], ...rest, sessions: sessions.map(({ turns, ...plan }) => ({ ...plan, turns: turns.length })) });
    return { seed, events, settled, resumed: 0, parked: 0, digest: 0, failure: `seed ${seed}: ${what}\n${plan}\n${world?.trace.tell() ?? ''}` };
  }
}

function play(world: World, onSettled: (world: World) => void): number {
  const { scenario, schedule } = world;
  const { second, changeAtMs } = scenario.copying;
  if (second !== null && changeAtMs < scenario.stopAtMs) schedule.at(changeAtMs * 1000, () => world.change(second));
  for (const plan of scenario.sessions) schedule.at(plan.atMs * 1000, () => world.conversations.open(plan));
  if (scenario.partitionMs !== null) {
    schedule.at(scenario.partitionMs[0] * 1000, () => cut(world, true));
    if (scenario.partitionMs[1] !== Number.POSITIVE_INFINITY) schedule.at(scenario.partitionMs[1] * 1000, () => cut(world, false));
  }
  if (scenario.outageMs !== null) {
    const [fromMs, toMs] = scenario.outageMs;
    schedule.at(fromMs * 1000, () => world.setRelayUp(false));
    schedule.at(Math.min(fromMs + scenario.outageNoticedAfterMs, toMs - 1) * 1000, () => tellRelay(world, false));
    schedule.at(toMs * 1000, () => {
      world.setRelayUp(true);
      tellRelay(world, true);
    });
  }
  const beforeStop = (atMs: number, run: () => void) => {
    if (atMs < scenario.stopAtMs) schedule.at(atMs * 1000, run);
  };
  if (scenario.startAtMs > 0) beforeStop(scenario.startAtMs, () => world.startMapping());
  if (scenario.mappingRestartMs !== null) {
    beforeStop(scenario.startAtMs + scenario.mappingRestartMs[0], () => world.removeMapping());
    beforeStop(scenario.startAtMs + scenario.mappingRestartMs[1], () => world.startMapping());
  }
  if (scenario.targetRestartMs !== null) {
    schedule.at(scenario.targetRestartMs[0] * 1000, () => stopTarget(world));
    schedule.at(scenario.targetRestartMs[1] * 1000, () => startTarget(world));
  }
  for (let second = 1; second * 1000 < LIFE_MS; second++) schedule.at(second * 1_000_000, () => world.sample());
  let events = 0;
  const untilUs = Math.min(scenario.stopAtMs, LIFE_MS) * 1000;
  while (schedule.step(untilUs)) events++;
  if (!world.engine.mappings.has(MAPPING)) world.startMapping();
  checkSettled(world);
  onSettled(world);
  stop(world);
  const endUs = schedule.nowUs + QUIET_MS * 1000;
  while (schedule.step(endUs)) events++;
  world.tick();
  checkEnd(world);
  return events;
}

function stopTarget(world: World): void {
  world.trace.add(world.schedule.nowUs, 'target stops');
  world.target.stop(world.scenario.targetRestartHow);
}

function startTarget(world: World): void {
  world.trace.add(world.schedule.nowUs, 'target is back');
  world.target.isListening = !world.scenario.faults.has('targetRefuses');
}

function cut(world: World, isCut: boolean): void {
  world.copies.isCut = world.answers.isCut = isCut;
  world.trace.add(world.schedule.nowUs, isCut ? 'target cut off' : 'target back');
}

function tellRelay(world: World, isUp: boolean): void {
  world.engine.setRelayUp(MAPPING, isUp, world.schedule.nowMs);
  world.leave();
}

/** Stop on a network that has calmed down, so that every reset can arrive. */
function stop(world: World): void {
  const { scenario } = world;
  world.trace.add(world.schedule.nowUs, 'stop');
  for (const link of [world.copies, world.answers]) Object.assign(link.options, { lossRatio: 0, duplicateRatio: 0, isReordering: false, jitterUs: 0 });
  cut(world, false);
  scenario.sendsFailMs = null;
  if (!world.assistant.isRelayUp) {
    world.setRelayUp(true);
    tellRelay(world, true);
  }
  world.engine.removeMapping(MAPPING, world.schedule.nowMs);
  world.leave();
}
