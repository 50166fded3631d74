// `parallax verdict`: asks a console whether the target is slower, and says it by the exit code.
import { writeFileSync } from 'node:fs';
import { ApiError, type ComparisonView, type MappingView, type VerdictView } from '@parallax/protocol';
import { Command } from 'commander';
import { verdictText } from '../features/comparison/words.ts';
import { judge, type Limit, parseLimit } from './limits.ts';
import { reportHtml } from './report.ts';

const FAILED = 1;
const ERROR = 2;
/** Seconds come this late, and the last is whole only then. */
const SETTLED_MS = 2_500;
const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const percentOptions = [
  ['maxP50Delta', 50],
  ['maxP90Delta', 90],
  ['maxP99Delta', 99],
  ['maxP999Delta', 99.9],
] as const;

type Options = { console: string; mapping: string; for: string; kind?: string; resolution: string; report?: string; user?: string } & Partial<
  Record<(typeof percentOptions)[number][0], string>
>;

class Wrong extends Error {}

function limitsOf(options: Options): Limit[] {
  return percentOptions.flatMap(([name, percent]) => {
    const text = options[name];
    if (text === undefined) return [];
    const limit = parseLimit(percent, text);
    if (limit === null) throw new Wrong(`--max-p${String(percent).replace('.', '')}-delta "${text}": give a time such as 2ms or 350us, or a share such as 10%`);
    return [limit];
  });
}

function spanMsOf(text: string): number {
  const match = /^(\d+)([smhd])$/.exec(text);
  if (match === null || Number(match[1]) === 0) throw new Wrong(`--for "${text}": give a duration such as 90s, 5m or 1h`);
  return Number(match[1]) * unitMs[match[2]!]!;
}

function resolutionUsOf(text: string): number {
  const us = parseLimit(0, text)?.us ?? null;
  if (us === null) throw new Wrong(`--resolution "${text}": give a time such as 50us`);
  return us;
}

/** Speaks to the console with a token, or with name and password. */
class Console {
  readonly #url: string;
  #headers: Record<string, string> = {};

  constructor(url: string) {
    if (!/^https?:\/\/[^/]+/.test(url)) throw new Wrong(`--console "${url}": give the address of the console, such as http://10.90.1.30:3000`);
    this.#url = url.replace(/\/+$/, '');
  }

  async open(user: string | undefined): Promise<void> {
    const { PARALLAX_API_TOKEN: token, PARALLAX_PASSWORD: password } = process.env;
    if (token) this.#headers = { authorization: `Bearer ${token}` };
    else if (user !== undefined && password) {
      const answer = await this.#fetch('/login', { method: 'POST', body: JSON.stringify({ name: user, password }) });
      this.#headers = { cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
    } else throw new Wrong('no credentials: set PARALLAX_API_TOKEN, or give --user NAME and set PARALLAX_PASSWORD');
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const answer = await fetch(`${this.#url}/api/v1${path}`, { ...init, headers: this.#headers }).catch((cause: Error) => {
      throw new Wrong(`cannot reach the console at ${this.#url}: ${(cause.cause as Error | undefined)?.message ?? cause.message}`);
    });
    if (answer.ok) return answer;
    const said = ApiError.safeParse(await answer.json().catch(() => null));
    throw new Wrong(said.success ? said.data.error.message : `${this.#url} answered ${answer.status}; is it a Parallax console?`);
  }

  async get<Answer>(path: string): Promise<Answer> {
    return (await (await this.#fetch(path)).json()) as Answer;
  }
}

async function run(options: Options): Promise<number> {
  const limits = limitsOf(options);
  const spanMs = spanMsOf(options.for);
  const resolutionUs = resolutionUsOf(options.resolution);
  const remote = new Console(options.console);
  await remote.open(options.user);
  const mappings = await remote.get<MappingView[]>('/mappings');
  const mapping = mappings.find(({ id, name }) => id === options.mapping || name === options.mapping);
  if (mapping === undefined)
    throw new Wrong(`--mapping "${options.mapping}": the console has ${mappings.map(({ name }) => `"${name}"`).join(', ') || 'no mapping'}`);
  const toMs = Math.floor((Date.now() - SETTLED_MS) / 1000) * 1000;
  const range = `from=${toMs - spanMs}&to=${toMs}${options.kind === undefined ? '' : `&kind=${encodeURIComponent(options.kind)}`}`;
  const verdict = await remote.get<VerdictView>(`/mappings/${mapping.id}/verdict?${range}&resolution=${resolutionUs}`);
  const headline = limits[0]?.percent ?? 99;
  const judged = limits.map((limit) =>
    judge(
      limit,
      verdict.lines.find(({ percent }) => percent === limit.percent),
    ),
  );
  process.stdout.write(
    `${verdictText(
      verdict.lines.find(({ percent }) => percent === headline),
      verdict,
    )}\n`,
  );
  for (const { isWithin, text } of judged) process.stdout.write(`${isWithin ? 'passed' : 'failed'} ${text}\n`);
  if (options.report !== undefined) {
    const comparison = await remote.get<ComparisonView>(`/mappings/${mapping.id}/comparison?${range}`);
    writeReport(options.report, reportHtml({ mapping: mapping.name, verdict, comparison, judged, headline }));
    process.stdout.write(`report ${options.report}\n`);
  }
  return judged.every(({ isWithin }) => isWithin) ? 0 : FAILED;
}

function writeReport(path: string, html: string): void {
  try {
    writeFileSync(path, html);
  } catch (cause) {
    throw new Wrong(`--report "${path}": cannot be written (${(cause as NodeJS.ErrnoException).code}); choose another file`);
  }
}

const examples = `
Examples:
  PARALLAX_API_TOKEN=plxt_… parallax verdict --console http://10.90.1.30:3000 --mapping orders --for 5m --max-p99-delta 2ms
  PARALLAX_PASSWORD=… parallax verdict --console http://10.90.1.30:3000 --user ada --mapping orders --for 1h --max-p50-delta 10% --report report.html

Exit codes: 0 every limit is shown to be kept, 1 one is not (also when there is not enough data), 2 wrong usage or the console does not answer.`;

export function verdictCommand(): Command {
  return new Command('verdict')
    .description('ask a console whether the target is slower than the online server')
    .requiredOption('--console <url>', 'the console, such as http://10.90.1.30:3000')
    .requiredOption('--mapping <name>', 'name or id of the mapping')
    .option('--for <duration>', 'how much of the time until now counts, such as 90s, 5m, 1h', '5m')
    .option('--kind <name>', 'only requests of this kind')
    .option('--max-p50-delta <limit>', 'how much more the target may take: 2ms, 350us, or 10% of online')
    .option('--max-p90-delta <limit>', 'the same at p90')
    .option('--max-p99-delta <limit>', 'the same at p99')
    .option('--max-p999-delta <limit>', 'the same at p99.9')
    .option('--resolution <time>', 'a smaller difference is not called one', '50us')
    .option('--user <name>', 'log in as this account, with the password in PARALLAX_PASSWORD, instead of PARALLAX_API_TOKEN')
    .option('--report <file>', 'write a report, one HTML file')
    .addHelpText('after', examples)
    .showHelpAfterError('(see parallax verdict --help)')
    .action(async (options: Options) => {
      try {
        process.exitCode = await run(options);
      } catch (error) {
        process.stderr.write(`parallax verdict: ${(error as Error).message}\n`);
        process.exitCode = ERROR;
      }
    });
}
