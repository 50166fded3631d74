import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));
/** What V8 says when it has compiled a function: its name, and what tells it from others of that name. */
const compiled = /completed compiling .*?<JSFunction (\S* ?\(sfi = \w+\))/g;
/** Some are, since other branches than in the rehearsal happen to be taken. Without what keeps the code it is more than 30. */
const MOST_AGAIN = 12;
/** Said by the child where everything that was rehearsed is compiled. */
const MARK = '-- rehearsed --';

/** Rehearses, collects, and plays the same before the next engine; compiles in turn and not aside, so that nothing depends on when. */
const child = `
  import { collect } from '@parallax/agent-kit/child';
  import { mirrorFilter, openMemory } from '@parallax/device';
  import { Rehearsal } from '${folder}rehearsal.ts';
  import { warmUp } from '${folder}warm-up.ts';
  const io = openMemory({ filter: mirrorFilter([]), storeBytes: 8 << 20 });
  const kept = warmUp(io, {}, 60_000, 1000);
  const next = new Rehearsal(io, {});
  collect();
  console.log('${MARK}', kept.specimens.length);
  next.converse(4, performance.now() + 60_000);
`;

test('what was compiled in the rehearsal is good for the engine that comes next', async () => {
  const v8 = ['--no-concurrent-recompilation', '--trace-opt'];
  const { stdout } = await promisify(execFile)(process.execPath, [...v8, '--import', 'tsx', '--input-type=module', '-e', child], { maxBuffer: 64 << 20 });
  const [before, after] = stdout.split(MARK).map((said) => new Set([...said.matchAll(compiled)].map(([, name]) => name!)));
  expect(before!.size).toBeGreaterThan(150);
  expect([...after!].filter((name) => before!.has(name)).length).toBeLessThanOrEqual(MOST_AGAIN);
});
