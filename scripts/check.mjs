// What a change must pass before it is shown to others: types, lint and format, unit tests. Under a minute.
import { CHECK, runStages, summarize } from './lib/stages.mjs';

process.exitCode = summarize(await runStages(CHECK, 5 * 60_000)) ? 0 : 1;
