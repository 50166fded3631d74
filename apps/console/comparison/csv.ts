// The same figures for a spreadsheet: RFC 4180, one header line, µs.
import type { ComparisonView, DifferenceFigures, SideFigures } from '@parallax/protocol';

const sideNames = (side: string) => ['exchanges', 'errors', 'p50_us', 'p90_us', 'p99_us', 'p99.9_us'].map((name) => `${side}_${name}`);
const sideCells = ({ count, errors, p50Us, p90Us, p99Us, p999Us }: SideFigures) => [count, errors, p50Us, p90Us, p99Us, p999Us];
const differenceNames = ['pairs', 'difference_p10_us', 'difference_p50_us', 'difference_p90_us'];
const differenceCells = ({ count, p10Us, p50Us, p90Us }: DifferenceFigures) => [count, p10Us, p50Us, p90Us];

/** Quoted where need be; a text that a spreadsheet would take for a formula gets an apostrophe. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csv = (lines: (string | number | null)[][]): string => lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');

export const pointsCsv = ({ points }: ComparisonView): string =>
  csv([
    ['time', 'seconds', ...sideNames('online'), ...sideNames('target'), ...differenceNames, 'online_resets', 'target_resets'],
    ...points.map(({ atMs, seconds, online, target, difference, resets }) => [
      new Date(atMs).toISOString(),
      seconds,
      ...sideCells(online),
      ...sideCells(target),
      ...differenceCells(difference),
      resets.online,
      resets.target,
    ]),
  ]);

export const kindsCsv = ({ kinds }: ComparisonView): string =>
  csv([
    ['kind', ...sideNames('online'), ...sideNames('target'), ...differenceNames],
    ...kinds.map(({ kind, online, target, difference }) => [kind, ...sideCells(online), ...sideCells(target), ...differenceCells(difference)]),
  ]);
