// What is measured: each a load on the online server, bounded in requests.
import { ADDRESS } from '@parallax/lab';
import { pacedMain } from './paced-client.ts';

export interface Workload {
  name: string;
  title: string;
  /** Run on the client's host. */
  command: readonly string[];
  /** Further words for `parallax online`. */
  onlineArgs: readonly string[];
  copies: number;
  offload: 'on' | 'off';
  /** Bytes of a value that is set on both servers beforehand, for downloads. */
  presetBytes: number;
  /** Copy delays are measured, which needs packets few enough to be recorded. */
  measuresDelay: boolean;
}

const benchmark = (...words: string[]): string[] => ['redis-benchmark', '-h', ADDRESS.online, '-q', ...words];

const plain = { onlineArgs: [], copies: 1, offload: 'off', presetBytes: 0, measuresDelay: false } as const;

const PACED = { server: ADDRESS.online, port: 6379, connections: 10, ratePerSecond: 2500, seconds: 8 };

/** In the order of the table. */
export const WORKLOADS: readonly Workload[] = [
  { ...plain, name: 'kept', title: '50 connections, no pipeline', command: benchmark('-c', '50', '-n', '100000', '-t', 'set,get') },
  { ...plain, name: 'pipeline', title: 'pipeline 16', command: benchmark('-c', '50', '-P', '16', '-n', '800000', '-t', 'set') },
  { ...plain, name: 'short', title: 'short connections', command: benchmark('-c', '50', '-k', '0', '-n', '20000', '-t', 'set') },
  { ...plain, name: '4k', title: '4 KiB values', command: benchmark('-c', '50', '-n', '100000', '-d', '4096', '-t', 'set') },
  { ...plain, name: '64k', title: '64 KiB values', command: benchmark('-c', '20', '-n', '5000', '-d', '65536', '-t', 'set') },
  { ...plain, name: '4k-gso', title: '4 KiB values, offloads on', command: benchmark('-c', '50', '-n', '100000', '-d', '4096', '-t', 'set'), offload: 'on' },
  { ...plain, name: '64k-gso', title: '64 KiB values, offloads on', command: benchmark('-c', '20', '-n', '5000', '-d', '65536', '-t', 'set'), offload: 'on' },
  { ...plain, name: 'download', title: '64 KiB downloads', command: benchmark('-c', '20', '-n', '10000', '-t', 'get'), presetBytes: 65536 },
  {
    ...plain,
    name: 'multiplier',
    title: 'multiplier 3',
    command: benchmark('-c', '50', '-n', '50000', '-t', 'set'),
    onlineArgs: ['-n', '3'],
    copies: 3,
  },
  { ...plain, name: 'many', title: '5000 connections', command: benchmark('-c', '5000', '-n', '100000', '-t', 'set') },
  {
    ...plain,
    name: 'paced',
    title: '2500 requests/s',
    command: [process.execPath, '-e', `const __name = (value) => value; (${pacedMain.toString()})(${JSON.stringify(PACED)})`],
    measuresDelay: true,
  },
];
