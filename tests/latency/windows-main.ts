// npm run latency:windows [-- FILE]: 100 windows of two equal servers and 100 of a target that takes 10 % longer, at the same time; about 4 minutes. FILE gets all verdicts as JSON.
import { writeFileSync } from 'node:fs';
import { Lab } from '@parallax/lab';
import { buildPrograms } from './truth.ts';
import { findingsOf, judgeWindows, nameOf } from './windows.ts';

const lab = await Lab.up({ prefix: `plxw-${process.pid}`, removeOnExit: true });
let told: Awaited<ReturnType<typeof judgeWindows>>;
try {
  buildPrograms(lab);
  told = await judgeWindows(lab, 3700 + (process.pid % 90), { equal: 10, slowed: 10, slower: 1.1, windows: 10, ratePerSecond: 60 });
} finally {
  await lab.down();
}
const { judged, checked } = told;
const [file] = process.argv.slice(2);
if (file !== undefined) writeFileSync(file, JSON.stringify(told));

const quantile = (values: readonly number[], ratio: number): string => {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? Number.NaN).toString();
};
for (const isSlowed of [false, true]) {
  const windows = judged.filter((each) => each.isSlowed === isSlowed);
  const counts: Record<string, number> = {};
  for (const window of windows) for (const finding of findingsOf(window)) counts[finding] = (counts[finding] ?? 0) + 1;
  const found = windows.filter((window) => findingsOf(window).length > 0).length;
  console.log(`${isSlowed ? '10 % longer' : 'equal'}: called different in ${found} of ${windows.length} windows; ${JSON.stringify(counts)}`);
  const pairs = windows.map(({ verdict }) => verdict.pairs);
  console.log(`  pairs ${quantile(pairs, 0)} to ${quantile(pairs, 1)}, spans of time ${Math.min(...windows.map(({ verdict }) => verdict.blocks))} at least`);
  const withPairs = windows.filter(({ verdict }) => verdict.lines.length > 0);
  for (const [index, { percent }] of withPairs[0]!.verdict.lines.entries()) {
    const lines = withPairs.map(({ verdict }) => verdict.lines[index]!);
    const deltas = lines.map(({ deltaUs }) => deltaUs);
    const lacking = lines.filter(({ lacks }) => lacks !== null).length;
    console.log(
      `  ${nameOf(percent)}: online ${quantile(
        lines.map(({ onlineUs }) => onlineUs),
        0.5,
      )} µs, difference ${quantile(deltas, 0.05)} ${quantile(deltas, 0.5)} ${quantile(deltas, 0.95)} µs (5, 50, 95 % of the windows), not enough data in ${lacking}`,
    );
  }
}
for (const { port, loggedUs, saidUs } of checked)
  console.log(`  port ${port}: mean difference ${loggedUs.toFixed(0)} µs by the servers' own log, ${saidUs.toFixed(0)} µs said`);
