// Clients that speak on while earlier answers come in, towards two servers that answer alike; the target is often ahead.
import type { Turn } from './client-app.ts';
import { Random } from './random.ts';
import { HEADER_BYTES } from './requests.ts';
import { planScenario, type Scenario, type SessionPlan } from './scenario.ts';

/** As many answers may be missing when the next request is said. */
const MOST_AHEAD = 3;

export function planPipelining(seed: number): Scenario {
  const random = new Random(seed ^ 0x71e1);
  const plain = planScenario(seed, 'portReuse');
  const { online, targetLink } = plain;
  return {
    ...plain,
    faults: new Set(),
    pacing: 'response',
    target: { options: { ...plain.target.options, keepAliveMs: 0 }, behaviour: { ...online.behaviour, slowness: random.pick([0, 1, 1, 3]) } },
    targetLink: { ...targetLink, delayUs: random.between(20, 3000), lossRatio: random.chance(0.3) ? 0.02 : 0 },
    sessions: plain.sessions.map((each, index) => planSession(random, { ...each, port: 3000 + index }, online.behaviour.greetingBytes)),
  };
}

function planSession(random: Random, session: SessionPlan, greetingBytes: number): SessionPlan {
  const turns: Turn[] = [];
  /** Bytes that the client has received behind each answer. */
  const answered = [greetingBytes];
  for (let count = random.between(2, 10); count > 0; count--) {
    const lengthBytes = HEADER_BYTES + random.skewed(0, 10_000);
    const answerBytes = random.skewed(1, 7000);
    const seen = answered.at(-1 - random.between(0, Math.min(MOST_AHEAD, answered.length - 1)))!;
    turns.push({
      requests: [{ lengthBytes, answerBytes, delayMs: random.skewed(0, 6), flags: 0 }],
      writes: random.chance(0.5) ? random.between(2, 3) : 1,
      pauseMs: random.between(0, 8),
      thinkMs: random.skewed(0, 8),
      awaitBytes: Math.max(0, seen - random.skewed(0, 3000)),
      isClean: false,
      mayBeInterrupted: true,
    });
    answered.push(answered.at(-1)! + answerBytes);
  }
  return { ...session, end: random.pick(['close', 'abort']), turns, answerBytes: answered.at(-1)! };
}
