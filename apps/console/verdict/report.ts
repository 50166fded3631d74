// The verdict as one HTML file that needs nothing else.
import type { ComparisonView, VerdictView } from '@parallax/protocol';
import { percentName, signedIntervalText, verdictText } from '../features/comparison/words.ts';
import { formatCount, formatDifference, formatLatency, formatShare } from '../lib/format.ts';
import type { Judged } from './limits.ts';

export type Report = { mapping: string; verdict: VerdictView; comparison: ComparisonView; judged: readonly Judged[]; headline: number };

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const row = (cells: readonly string[], head = false): string =>
  `<tr>${cells.map((text) => (head ? `<th>${escaped(text)}</th>` : `<td>${escaped(text)}</td>`)).join('')}</tr>`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><thead>${row(head, true)}</thead><tbody>${rows.map((cells) => row(cells)).join('')}</tbody></table>`;

const WIDTH = 860;
const HEIGHT = 300;

/** Latency by percentile as an SVG: both axes logarithmic, each nine of the same width. */
function curveSvg({ curve: { percents, onlineUs, targetUs } }: ComparisonView): string {
  if (percents.length < 2) return '';
  const most = -Math.log10(1 - percents.at(-1)! / 100);
  const all = [...onlineUs, ...targetUs].map((us) => Math.max(1, us));
  const [low, high] = [Math.log10(Math.min(...all)), Math.log10(Math.max(...all))];
  const x = (percent: number) => 50 + ((WIDTH - 60) * -Math.log10(1 - percent / 100)) / most;
  const y = (us: number) => 10 + (HEIGHT - 40) * (1 - (Math.log10(Math.max(1, us)) - low) / Math.max(0.01, high - low));
  const line = (values: readonly number[], color: string) =>
    `<polyline fill="none" stroke="${color}" stroke-width="2" points="${values.map((us, at) => `${x(percents[at]!).toFixed(1)},${y(us).toFixed(1)}`).join(' ')}"/>`;
  const ticks = [50, 90, 99, 99.9, 99.99].filter((percent) => percent <= percents.at(-1)!);
  const marks = ticks.map(
    (percent) =>
      `<line x1="${x(percent)}" x2="${x(percent)}" y1="10" y2="${HEIGHT - 30}" stroke="#ddd"/><text x="${x(percent)}" y="${HEIGHT - 12}" text-anchor="middle">p${percent}</text>`,
  );
  const ends = [low, high].map((power) => `<text x="46" y="${y(10 ** power) + 4}" text-anchor="end">${escaped(formatLatency(10 ** power))}</text>`);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Latency by percentile">${marks.join('')}${ends.join('')}${line(onlineUs, '#0369a1')}${line(targetUs, '#c2410c')}</svg>`;
}

const style = `body{font:14px/1.5 sans-serif;max-width:900px;margin:2rem auto;padding:0 1rem;color:#12161d;background:#fff}h1{font-size:20px}h2{font-size:15px;margin-top:2rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:right;padding:3px 8px;border-bottom:1px solid #dfe3ea}th:first-child,td:first-child{text-align:left}
th{color:#656f7f;font-weight:500}svg{width:100%;font-size:11px}.on{color:#0369a1}.ta{color:#c2410c}small{color:#656f7f}`;

export function reportHtml({ mapping, verdict, comparison, judged, headline }: Report): string {
  const span = `${new Date(verdict.fromMs).toISOString()} to ${new Date(verdict.toMs).toISOString()}`;
  const said = verdictText(
    verdict.lines.find(({ percent }) => percent === headline),
    verdict,
  );
  const lines = verdict.lines.map((line) => [
    percentName(line.percent),
    formatLatency(line.onlineUs),
    formatLatency(line.targetUs),
    formatDifference(line.deltaUs),
    signedIntervalText(line.within95),
    line.lacks ?? line.outcome,
  ]);
  const kinds = comparison.kinds.map(({ kind, online, target, difference }) => [
    kind,
    formatCount(online.count),
    formatCount(target.count),
    formatShare(online.errors, online.count),
    formatShare(target.errors, target.count),
    formatLatency(online.p50Us),
    formatLatency(target.p50Us),
    formatLatency(online.p99Us),
    formatLatency(target.p99Us),
    formatDifference(difference.p50Us),
  ]);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(mapping)}: ${escaped(said)}</title><style>${style}</style>
<h1>${escaped(mapping)}: ${escaped(said)}</h1><p>${escaped(span)}${verdict.kind === null ? '' : `, requests of kind ${escaped(verdict.kind)}`}</p>
${judged.length === 0 ? '' : `<h2>Limits</h2><ul>${judged.map(({ isWithin, text }) => `<li>${isWithin ? '✓ passed' : '✗ failed'}: ${escaped(text)}</li>`).join('')}</ul>`}
<h2>Differences</h2>${table(['of', 'online', 'target', 'difference', '95 % interval', 'says'], lines)}
<p><small>${escaped(`${formatCount(verdict.used)} of ${formatCount(verdict.pairs)} paired exchanges, ${verdict.blocks} steps of ${verdict.stepMs / 1000} s drawn again with seed ${verdict.seed}; called different where the whole 99.5 % interval is further from zero than ${formatLatency(verdict.resolutionUs)}.`)}</small></p>
<h2>Latency by percentile: <span class="on">online</span>, <span class="ta">target</span></h2>${curveSvg(comparison)}
<h2>By kind of request</h2>${table(['kind', 'online n', 'target n', 'online errors', 'target errors', 'online p50', 'target p50', 'online p99', 'target p99', 'paired p50'], kinds)}
</html>
`;
}
