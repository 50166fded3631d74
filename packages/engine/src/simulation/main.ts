// Runs seeds until one fails: `--seeds 10000 --from 0`, or one seed aloud: `--seed 17 --verbose`.
import { parseArgs } from 'node:util';
import { runSeed } from './run.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    keep: { type: 'string', default: '1' },
  },
});

const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const mostFailures = Number(values.keep);
const startedMs = performance.now();
let failures = 0;
let done = 0;
let events = 0;
let resumed = 0;
for (let seed = first; seed < first + count && failures < mostFailures; seed++) {
  const result = runSeed(seed, values.verbose);
  done++;
  events += result.events;
  resumed += result.resumed;
  if (result.failure === null) continue;
  failures++;
  console.log(mostFailures > 1 ? result.failure.split('\n')[0] : result.failure);
}
const seconds = (performance.now() - startedMs) / 1000;
console.log(`${done} seeds, ${events} events, ${resumed} requests of resumed sessions, ${failures} failed, ${(done / seconds).toFixed(0)} seeds/s`);
process.exitCode = failures > 0 ? 1 : 0;
