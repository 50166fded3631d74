// `npm run bench`: what mirroring costs, workload by workload, in a lab of its own. Needs root.
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Lab } from '@parallax/lab';
import { type Figures, measure } from './measure.ts';
import { formatTable } from './table.ts';
import { WORKLOADS, type Workload } from './workloads.ts';

const USAGE = `npm run bench -- [--only NAME[,NAME]] [--program BIN[,BIN]] [--rounds N] [--quick] [--json]

  --only      workloads to run: ${WORKLOADS.map(({ name }) => name).join(', ')}
  --program   bin/parallax of the builds to compare, one after the other for each workload (default: this checkout's)
  --rounds    how often (default 1)
  --quick     without the run beside tcpdump
  --json      one JSON object per measurement instead of the table
  --offload   on or off for every workload (default: its own)`;

/** No new workload is begun after this. */
const BEGIN_WITHIN_MS = 10 * 60_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    program: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    offload: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const names = values.only?.split(',') ?? WORKLOADS.map(({ name }) => name);
const unknown = names.find((name) => WORKLOADS.every((workload) => workload.name !== name));
if (unknown !== undefined) {
  console.error(`there is no workload "${unknown}"\n\n${USAGE}`);
  process.exit(2);
}
const programs = values.program?.split(',') ?? [fileURLToPath(new URL('../bin/parallax', import.meta.url))];
const offload = values.offload === 'on' || values.offload === 'off' ? values.offload : null;

const lab = await Lab.up({ prefix: `bench-${process.pid}`, removeOnExit: true });
const done: { figures: Figures; workload: Workload }[] = [];
const beginUntilMs = performance.now() + BEGIN_WITHIN_MS;
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const known of WORKLOADS.filter(({ name }) => names.includes(name))) {
      const workload: Workload = offload === null ? known : { ...known, offload };
      for (const program of programs) {
        if (performance.now() > beginUntilMs) continue;
        if (!values.json) process.stderr.write(`${workload.title}, ${program} ...\n`);
        const figures = await measure(lab, workload, program, values.quick);
        done.push({ figures, workload });
        if (values.json) console.log(JSON.stringify({ program, ...figures }));
      }
    }
  }
} finally {
  await lab.down();
}
if (!values.json) {
  console.log(
    `\n${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.versions.node}; CPU in seconds per million requests, memory in MiB (PSS in brackets)\n`,
  );
  console.log(formatTable(done));
}
