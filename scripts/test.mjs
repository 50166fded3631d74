// All tests: node scripts/test.mjs [STAGE...]; without a stage, all of them in order. The last line is `N passed, N failed`.
import { ALL, CHECK, runStages, summarize } from './lib/stages.mjs';

const LIMIT_MS = 40 * 60_000; // generous: a full run takes a few minutes
const words = process.argv.slice(2);
const usage = `usage: node scripts/test.mjs [${['check', ...ALL].join('|')}]...   (check is ${CHECK.join(', ')}; without a stage: all)`;
const unknown = words.find((word) => word !== 'check' && !ALL.includes(word));

if (words.includes('--help') || words.includes('-h')) {
  console.log(usage);
} else if (unknown !== undefined) {
  console.error(`no stage "${unknown}"\n${usage}`);
  process.exitCode = 2;
} else {
  const wanted = words.flatMap((word) => (word === 'check' ? CHECK : [word]));
  const stages = wanted.length === 0 ? ALL : ALL.filter((name) => wanted.includes(name));
  process.exitCode = summarize(await runStages(stages, LIMIT_MS)) ? 0 : 1;
}
