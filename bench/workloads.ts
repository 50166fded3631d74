// What is measured: each a load on the online server, bounded in requests.
import { ADDRESS } from '@parallax/lab';
import { type PacedJob, pacedMain } from './paced-client.ts';

/** Requests of a paced load fall due at this rate, for so long. */
const PACED = { ratePerSecond: 2500, connections: 10, seconds: 8 };
const FRESH = { ratePerSecond: 250, seconds: 8 };

export interface Workload {
  name: string;
  title: string;
  service: 'redis' | 'http';
  /** Of the service on both servers; each is a mapping. */
  ports: readonly number[];
  /** Run together on the client's host; the load is over when all have ended. */
  commands: readonly (readonly string[])[];
  /** Further words for `parallax online`. */
  onlineArgs: readonly string[];
  copies: number;
  offload: 'on' | 'off';
  /** Bytes of a value that is set on both servers beforehand, for downloads. */
  presetBytes: number;
  /** Copy delays are measured, which needs packets few enough to be recorded. */
  measuresDelay: boolean;
}

const plain = { service: 'redis', ports: [6379], onlineArgs: [], copies: 1, offload: 'off', presetBytes: 0, measuresDelay: false } as const;

const paced = (job: Omit<PacedJob, 'server' | 'port'>): string[] => [
  process.execPath,
  '-e',
  `const __name = (value) => value; (${pacedMain.toString()})(${JSON.stringify({ server: ADDRESS.online, port: 6379, ...job })})`,
];

/** The workloads in the order of the table, their requests multiplied by `scale`. */
export function workloads(scale: number): Workload[] {
  const requests = (count: number) => `${Math.max(100, Math.round(count * scale))}`;
  const benchmark = (count: number, ...words: string[]): string[] => ['redis-benchmark', '-h', ADDRESS.online, '-q', '-n', requests(count), ...words];
  const one = (...command: string[]) => ({ commands: [command] });
  const seconds = (wanted: number) => Math.max(1, wanted * scale);
  return [
    { ...plain, name: 'kept', title: '50 connections, no pipeline', ...one(...benchmark(200_000, '-c', '50', '-t', 'set')) },
    { ...plain, name: 'pipeline', title: 'pipeline 16', ...one(...benchmark(800_000, '-c', '50', '-P', '16', '-t', 'set')) },
    { ...plain, name: 'short', title: 'short connections', ...one(...benchmark(20_000, '-c', '50', '-k', '0', '-t', 'set')) },
    { ...plain, name: '4k', title: '4 KiB values', ...one(...benchmark(100_000, '-c', '50', '-d', '4096', '-t', 'set')) },
    { ...plain, name: '64k', title: '64 KiB values', ...one(...benchmark(5_000, '-c', '20', '-d', '65536', '-t', 'set')) },
    { ...plain, name: '4k-gso', title: '4 KiB values, offloads on', ...one(...benchmark(100_000, '-c', '50', '-d', '4096', '-t', 'set')), offload: 'on' },
    { ...plain, name: '64k-gso', title: '64 KiB values, offloads on', ...one(...benchmark(5_000, '-c', '20', '-d', '65536', '-t', 'set')), offload: 'on' },
    { ...plain, name: 'download', title: '64 KiB downloads', ...one(...benchmark(10_000, '-c', '20', '-t', 'get')), presetBytes: 65_536 },
    {
      ...plain,
      name: 'http',
      title: 'HTTP, kept alive',
      service: 'http',
      ports: [8080],
      ...one('ab', '-q', '-k', '-c', '50', '-n', requests(150_000), `http://${ADDRESS.online}:8080/`),
    },
    { ...plain, name: 'multiplier', title: 'multiplier 3', ...one(...benchmark(100_000, '-c', '50', '-t', 'set')), onlineArgs: ['-n', '3'], copies: 3 },
    { ...plain, name: '5000', title: '5000 connections', ...one(...benchmark(100_000, '-c', '5000', '-t', 'set')) },
    {
      ...plain,
      name: '20000',
      title: '20000 connections',
      ports: [6379, 6380], // a process here may have 20,000 descriptors
      commands: [6379, 6380, 6379, 6380].map((port) => benchmark(50_000, '-c', '5000', '-t', 'set', '-p', `${port}`)),
    },
    {
      ...plain,
      name: 'paced',
      title: `${PACED.ratePerSecond} requests/s`,
      ...one(...paced({ ...PACED, isFresh: false, seconds: seconds(PACED.seconds) })),
      measuresDelay: true,
    },
    {
      ...plain,
      name: 'fresh',
      title: `${FRESH.ratePerSecond} connections/s of one request`,
      ...one(...paced({ ...FRESH, connections: 0, isFresh: true, seconds: seconds(FRESH.seconds) })),
      measuresDelay: true,
    },
  ];
}
