// `npm run sim`: runs seeds until one fails, or one seed aloud.
import { parseArgs } from 'node:util';
import { runSeed } from './run.ts';

const USAGE = `npm run sim -- [--seeds COUNT] [--from SEED] [--keep COUNT] | --seed SEED [--verbose]

Runs whole networks of engines, hosts and faults, each made from its seed, and checks what must hold in all of them. Exit code 1: one failed.

  --seeds    how many (default 1000)
  --from     the first of them (default 0)
  --keep     end after so many failures (default 1)
  --seed     only this one
  --verbose  say every step of it`;

const fail = (sentence: string): never => {
  console.error(`sim: ${sentence}; --help shows every option`);
  process.exit(2);
};

const options = {
  seeds: { type: 'string', default: '1000' },
  from: { type: 'string', default: '0' },
  seed: { type: 'string' },
  verbose: { type: 'boolean', default: false },
  keep: { type: 'string', default: '1' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function readOptions() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const values = readOptions();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const whole = (name: 'seeds' | 'from' | 'seed' | 'keep', least: number): number => {
  const text = values[name] ?? '';
  return /^\d+$/.test(text) && Number(text) >= least ? Number(text) : fail(`--${name} "${text}" is not a whole number from ${least} on`);
};

const first = whole(values.seed === undefined ? 'from' : 'seed', 0);
const count = values.seed === undefined ? whole('seeds', 1) : 1;
const mostFailures = whole('keep', 1);
const startedMs = performance.now();
let failures = 0;
let done = 0;
let events = 0;
let resumed = 0;
let parked = 0;
for (let seed = first; seed < first + count && failures < mostFailures; seed++) {
  const result = runSeed(seed, values.verbose);
  done++;
  events += result.events;
  resumed += result.resumed;
  parked += result.parked;
  if (result.failure === null) continue;
  failures++;
  console.log(mostFailures > 1 ? result.failure.split('\n')[0] : result.failure);
}
const seconds = (performance.now() - startedMs) / 1000;
console.log(
  `${done} seeds, ${events} events, ${resumed} requests of resumed sessions, ${parked} times a session was found parked, ${failures} failed, ${(done / seconds).toFixed(0)} seeds/s`,
);
process.exitCode = failures > 0 ? 1 : 0;
