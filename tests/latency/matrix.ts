// npm run latency:truth [-- RATE...]: all target delays at these rates (default 10, 1000 and 10000 requests/s), as the table in docs/latency.md.
import { Lab } from '@parallax/lab';
import { buildPrograms, deviations, measure, startMeasuring, TARGET_DELAYS_US, tableRows } from './truth.ts';

const words = process.argv.slice(2);
const usage = 'usage: npm run latency:truth [-- RATE...]   (requests/s, up to 100000; default 10 1000 10000; needs root)';
if (words.includes('--help') || words.includes('-h')) {
  console.log(usage);
  process.exit(0);
}
const rates = words.map(Number);
for (const [index, rate] of rates.entries()) {
  if (rate > 0 && rate <= 100_000) continue;
  console.error(`latency:truth: "${words[index]}" is not a rate\n${usage}`);
  process.exit(2);
}
const secondsAt = (ratePerSecond: number): number => (ratePerSecond < 100 ? 10 : 5);

const lab = await Lab.up({ prefix: `plxm-${process.pid}`, removeOnExit: true });
try {
  buildPrograms(lab);
  for (const ratePerSecond of rates.length > 0 ? rates : [10, 1000, 10_000]) {
    for (const targetDelayUs of TARGET_DELAYS_US) {
      const pair = await startMeasuring(lab);
      try {
        const point = { targetDelayUs, ratePerSecond, seconds: secondsAt(ratePerSecond), tailUs: ratePerSecond > 1000 ? 0 : 500 };
        const figures = await measure(lab, pair.online, point);
        for (const row of tableRows(figures)) console.log(row);
        console.log(
          `# ${ratePerSecond}/s wanted, wake-ups ${JSON.stringify(figures.wakeUs)} µs, beyond what is allowed: ${deviations(figures).join('; ') || 'none'}`,
        );
      } catch (error) {
        console.log(`# ${targetDelayUs} µs at ${ratePerSecond}/s: ${(error as Error).message}`);
      } finally {
        await pair.stop();
      }
    }
  }
} finally {
  await lab.down();
}
