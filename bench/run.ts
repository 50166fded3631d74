// `npm run bench`: what mirroring costs, workload by workload, in a lab of its own. Needs root.
import { existsSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Lab } from '@parallax/lab';
import type { Variant } from './agents.ts';
import { type IdleFigures, measureIdle } from './idle.ts';
import { measure } from './measure.ts';
import { formatIdle, formatTable, type Measured } from './table.ts';
import { type Workload, workloads } from './workloads.ts';

const NAMES = [...workloads(1).map(({ name }) => name), 'idle'];

const USAGE = `npm run bench -- [--only NAME[,NAME]] [--scale FACTOR] [--rounds N] [--quick] [--json] ...

Measures what mirroring costs, in four hosts made of network namespaces. Needs root; build first (npm run build).

  --only      workloads to run, in the order of the table (default: all)
              ${NAMES.join(', ')}
  --scale     times the usual number of requests and seconds (default 1)
  --rounds    how often (default 1)
  --quick     without the runs alone and beside tcpdump
  --json      one JSON object per measurement instead of the tables
  --offload   on or off for every workload (default: its own)
  --program   bin/parallax of the builds to compare, joined by commas (default: this checkout's)
  --io        packet backends to compare, joined by commas: ring, pcap (default: the agents' own choice)
  --rx        ways of receiving to compare, joined by commas: v2, v3, recvmmsg (default: the agents' own choice)
  --workers   numbers of packet paths of the online agent to compare, joined by commas (default: its own, 1)
  --sessions  connections of the workload "idle" (default 20000)
  --minutes   begin no measurement after so long (default 20)

CPU is user and system time of an agent's whole process tree in seconds per million requests of the online server; "server" is the
online server's own, "tcpdump" that of tcpdump -w /dev/null beside the same load. RSS is the most that was resident, in MiB, summed over
the processes of the tree; in brackets what is resident at the end of the load with each page counted once, though several processes map it. Delays are from the online server's network
interface to the target's, by the kernel's time stamps. "client x": how much longer the load took than without mirroring.`;

const fail = (sentence: string): never => {
  console.error(`bench: ${sentence}; --help shows every option`);
  process.exit(2);
};

const options = {
  only: { type: 'string' },
  program: { type: 'string' },
  io: { type: 'string' },
  rx: { type: 'string' },
  workers: { type: 'string' },
  scale: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '1' },
  sessions: { type: 'string', default: '20000' },
  minutes: { type: 'string', default: '20' },
  offload: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function readOptions() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const values = readOptions();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const positive = (name: 'scale' | 'rounds' | 'sessions' | 'minutes'): number => {
  const value = Number(values[name]);
  return value > 0 ? value : fail(`--${name} "${values[name]}" is not a positive number`);
};
const list = (text: string | undefined): (string | null)[] => text?.split(',') ?? [null];

const names = values.only?.split(',') ?? NAMES;
for (const name of names) if (!NAMES.includes(name)) fail(`there is no workload "${name}"; there are ${NAMES.join(', ')}`);
const { offload } = values;
if (offload !== undefined && offload !== 'on' && offload !== 'off') fail(`--offload "${offload}" is neither on nor off`);
const known = workloads(positive('scale')).map((each): Workload => (offload === undefined ? each : { ...each, offload: offload as 'on' | 'off' }));
for (const io of list(values.io)) if (io !== null && io !== 'ring' && io !== 'pcap') fail(`--io "${io}" is neither ring nor pcap`);
for (const rx of list(values.rx)) if (rx !== null && !['v2', 'v3', 'recvmmsg'].includes(rx)) fail(`--rx "${rx}" is none of v2, v3, recvmmsg`);
for (const workers of list(values.workers)) {
  if (workers !== null && !(/^\d+$/.test(workers) && Number(workers) >= 1 && Number(workers) <= 32))
    fail(`--workers "${workers}" is not a number of packet paths from 1 to 32`);
}
for (const program of list(values.program)) if (program !== null && !existsSync(program)) fail(`--program "${program}": there is no such file`);
const ownProgram = fileURLToPath(new URL('../bin/parallax', import.meta.url));
const variants: Variant[] = list(values.program).flatMap((program) =>
  list(values.io).flatMap((io) =>
    list(values.rx).flatMap((rx) =>
      list(values.workers).map((workers) => ({
        name: [program?.split('/').at(-3), io, rx, workers && `${workers} workers`].filter(Boolean).join(' ') || 'parallax',
        program: program ?? ownProgram,
        args: [...(io === null ? [] : ['--io', io]), ...(rx === null ? [] : ['--rx', rx])],
        onlineArgs: workers === null ? [] : ['--workers', workers],
      })),
    ),
  ),
);
const [rounds, sessions, minutes] = [positive('rounds'), positive('sessions'), positive('minutes')];

const lab = await Lab.up({ prefix: `bench-${process.pid}`, removeOnExit: true });
const measured: Measured[] = [];
const idle: IdleFigures[] = [];
const beginUntilMs = performance.now() + minutes * 60_000;
const report = (figures: object) => {
  if (values.json) console.log(JSON.stringify(figures));
};
const announce = (title: string, { name }: Variant) => {
  if (!values.json) process.stderr.write(`${title}, ${name} ...\n`);
};
try {
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      for (const variant of variants) {
        if (performance.now() > beginUntilMs) continue;
        const workload = known.find((each) => each.name === name);
        announce(workload?.title ?? `${sessions} idle sessions`, variant);
        if (workload === undefined) {
          const figures = await measureIdle(lab, variant, sessions);
          idle.push(figures);
          report({ workload: 'idle', ...figures });
        } else {
          const figures = await measure(lab, workload, variant, values.quick);
          measured.push({ figures, workload });
          report(figures);
        }
      }
    }
  }
} finally {
  await lab.down();
}
if (!values.json) {
  console.log(`\n${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.versions.node}`);
  if (measured.length > 0) console.log(`\n${formatTable(measured, variants.length > 1)}`);
  if (idle.length > 0) console.log(`\n${formatIdle(idle)}`);
}
