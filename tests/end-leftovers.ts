// A lab test that fails leaves behind what it had started; the next one of its file shall not find it at the same ports.
import type { ChildProcess } from 'node:child_process';
import { Lab } from '@parallax/lab';
import { afterEach, beforeEach } from 'vitest';

const running = () => Lab.ofThisProcess.flatMap((lab) => lab.children);
let before = new Set<ChildProcess>();

beforeEach(() => {
  before = new Set(running());
});
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const lab of Lab.ofThisProcess) await lab.end(lab.children.filter((child) => !before.has(child)));
});
