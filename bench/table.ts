// The figures of one run as a table for people.
import type { Figures } from './measure.ts';
import type { Workload } from './workloads.ts';

const number = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');

const HEADINGS = [
  'workload',
  'requests',
  'at target',
  'online',
  'assist.',
  'redis',
  'tcpdump',
  'RSS online',
  'RSS assist.',
  'delay p50/p90/p99 µs',
  'client x',
  'notes',
];

/** CPU columns are seconds per million requests of the online server. */
function row(figures: Figures, workload: Workload): string[] {
  const { mirrored, requests, seconds } = figures;
  const perMillion = (cpuSeconds: number) => number((cpuSeconds / requests) * 1e6, 1);
  const wanted = requests * workload.copies;
  const { delays } = mirrored;
  const notes = Object.entries(mirrored.endings)
    .filter(([ending]) => ending !== 'delivered' && ending !== 'inFlight')
    .map(([ending, count]) => `${ending} ${count}`);
  if (mirrored.captureDropped > 0) notes.push(`ring drops ${mirrored.captureDropped}`);
  if (mirrored.catchUpSeconds > 0.2) notes.push(`target ${number(mirrored.catchUpSeconds, 1)} s behind`);
  if (mirrored.retransmitted > 0) notes.push(`sent twice ${mirrored.retransmitted}`);
  return [
    figures.workload,
    `${requests}`,
    `${number((mirrored.requestsAtTarget / wanted) * 100, mirrored.requestsAtTarget === wanted ? 0 : 2)} %`,
    perMillion(mirrored.online.cpuSeconds),
    perMillion(mirrored.assistant.cpuSeconds),
    perMillion(figures.redisCpuSeconds),
    perMillion(figures.tcpdumpCpuSeconds),
    `${number(mirrored.online.rssMib, 0)} (${number(mirrored.online.pssMib, 0)})`,
    `${number(mirrored.assistant.rssMib, 0)} (${number(mirrored.assistant.pssMib, 0)})`,
    delays === null ? '' : `${number(delays.p50, 0)} / ${number(delays.p90, 0)} / ${number(delays.p99, 0)}`,
    number(seconds.mirrored / seconds.alone, 2),
    notes.join(', '),
  ];
}

/** Columns as wide as their widest cell; the first and last to the left, numbers to the right. */
export function formatTable(all: readonly { figures: Figures; workload: Workload }[]): string {
  const rows = [HEADINGS, ...all.map(({ figures, workload }) => row(figures, workload))];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const isLeft = (column: number) => column === 0 || column === HEADINGS.length - 1;
  return rows
    .map((cells) => cells.map((cell, column) => (isLeft(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  '))
    .join('\n');
}
