// The figures of one run as tables for people.
import type { IdleFigures } from './idle.ts';
import type { Figures } from './measure.ts';
import type { Workload } from './workloads.ts';

const number = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');

const HEADINGS = [
  'workload',
  'requests',
  'at target',
  'online',
  'assist.',
  'both',
  'server',
  'tcpdump',
  'RSS online',
  'RSS assist.',
  'delay p50/p90/p99 µs',
  'client x',
  'notes',
];

export interface Measured {
  figures: Figures;
  workload: Workload;
}

/** CPU columns are seconds per million requests of the online server. */
function row({ figures, workload }: Measured, showsVariant: boolean): string[] {
  const { mirrored, requests, seconds } = figures;
  const perMillion = (cpuSeconds: number) => number((cpuSeconds / requests) * 1e6, 1);
  const wanted = requests * workload.copies;
  const { delays, captureDropped } = mirrored;
  const notes = Object.entries(mirrored.endings)
    .filter(([ending]) => ending !== 'delivered' && ending !== 'inFlight')
    .map(([ending, count]) => `${ending} ${count}`);
  for (const agent of ['online', 'assistant'] as const) if (captureDropped[agent] > 0) notes.push(`ring drops ${agent} ${captureDropped[agent]}`);
  if (mirrored.catchUpSeconds > 0.2) notes.push(`target ${number(mirrored.catchUpSeconds, 1)} s behind`);
  if (mirrored.retransmitted > 0) notes.push(`sent twice ${mirrored.retransmitted}`);
  const memory = (agent: 'online' | 'assistant') => `${number(mirrored[agent].peakRss, 0)} (${number(mirrored.pages[agent].once, 0)})`;
  return [
    showsVariant ? `${figures.workload} ${figures.variant}` : figures.workload,
    `${requests}`,
    `${number((mirrored.requestsAtTarget / wanted) * 100, mirrored.requestsAtTarget === wanted ? 0 : 2)} %`,
    perMillion(mirrored.online.cpuSeconds),
    perMillion(mirrored.assistant.cpuSeconds),
    perMillion(mirrored.online.cpuSeconds + mirrored.assistant.cpuSeconds),
    perMillion(figures.serverCpuSeconds),
    perMillion(figures.tcpdumpCpuSeconds),
    memory('online'),
    memory('assistant'),
    delays === null ? '' : `${number(delays.p50, 0)} / ${number(delays.p90, 0)} / ${number(delays.p99, 0)}`,
    number(seconds.mirrored / seconds.alone, 2),
    notes.join(', '),
  ];
}

export function formatTable(all: readonly Measured[], showsVariant: boolean): string {
  return align([HEADINGS, ...all.map((each) => row(each, showsVariant))]);
}

const IDLE_HEADINGS = ['idle', 'sessions', 'agent', 'CPU % without', 'with', 'RSS MiB without', 'with', 'bytes/session'];

export function formatIdle(all: readonly IdleFigures[]): string {
  const rows = all.flatMap(({ variant, sessions, cpuPercent, rss }) =>
    (['online', 'assistant'] as const).map((agent) => [
      variant,
      `${sessions}`,
      agent,
      number(cpuPercent[agent][0], 2),
      number(cpuPercent[agent][1], 2),
      number(rss[agent][0], 1),
      number(rss[agent][1], 1),
      number(((rss[agent][1] - rss[agent][0]) * 2 ** 20) / sessions, 0),
    ]),
  );
  return align([IDLE_HEADINGS, ...rows]);
}

/** Columns as wide as their widest cell; the first and last to the left, numbers to the right. */
function align(rows: readonly string[][]): string {
  const [headings] = rows;
  const widths = headings!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const isLeft = (column: number) => column === 0 || column === widths.length - 1;
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => (isLeft(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
