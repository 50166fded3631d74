// The supervisor against real child processes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenAssistant } from '@parallax/protocol';
import { afterAll, expect, test, vi } from 'vitest';
import { PacketPath } from './packet-path.ts';

const dir = mkdtempSync(join(tmpdir(), 'parallax-path-'));
afterAll(() => rmSync(dir, { recursive: true }));

const open: OpenAssistant = {
  type: 'open-assistant',
  interfaceName: 'lo',
  io: 'auto',
  rx: 'auto',
  filter: null,
  relay: { address: '::1', port: 1 },
  isAuthenticated: false,
  allowsForwarding: false,
  agent: 'a',
};

/** A child that runs `body` for every message; `say` sends. */
function childModule(name: string, body: string): string {
  const path = join(dir, `${name}.mjs`);
  writeFileSync(
    path,
    `const say = (message) => process.send(message);\nprocess.on('message', (message) => { ${body} });\nprocess.on('disconnect', () => process.exit(0));\n`,
  );
  return path;
}

const opened = "if (message.type === 'open-assistant') say({ type: 'opened', backend: 'ring', why: 'test' }); if (message.type === 'stop') process.exit(0);";
const echo = "if (message.type === 'configure') say({ type: 'event', atMs: 1, level: 'info', mappingId: null, text: message.relays[0]?.identity ?? 'none' });";

function supervise(module: string) {
  const texts: string[] = [];
  const reasons: string[] = [];
  const cannot: string[] = [];
  const path: PacketPath = new PacketPath({
    module,
    open,
    onMessage: (message) => {
      if (message.type === 'event') texts.push(message.text);
    },
    onChange: () => reasons.push(`${path.state}: ${path.reason}`),
    onCannotWork: (reason) => cannot.push(reason),
  });
  return { path, texts, reasons, cannot };
}

test('a path that dies is started again and told again what to do', async () => {
  const { path, texts, reasons } = supervise(childModule('well', opened + echo));
  path.configure({ type: 'configure', mappings: [], relays: [{ identity: 'first', key: 'AAAA' }] });
  await vi.waitFor(() => expect(texts).toEqual(['first']), { timeout: 5000 });
  process.kill(path.pids[0]!, 'SIGKILL');
  await vi.waitFor(() => expect(texts).toEqual(['first', 'first']), { timeout: 5000 });
  expect(path.restarts).toBe(1);
  expect(reasons.some((reason) => /failed: the packet path ended by SIGKILL; starting it again in 250 ms/.test(reason))).toBe(true);
  expect(path.state).toBe('running');
  await path.stop();
  expect(path.state).toBe('stopped');
});

test('a path is told what to do before it says that it is open, the first time and when it is started again', async () => {
  const slow = "if (message.type === 'open-assistant') setTimeout(() => say({ type: 'opened', backend: 'ring', why: 'test' }), 60_000);";
  const { path, texts } = supervise(childModule('slow', slow + echo));
  path.configure({ type: 'configure', mappings: [], relays: [{ identity: 'first', key: 'AAAA' }] });
  await vi.waitFor(() => expect(texts).toEqual(['first']), { timeout: 5000 });
  process.kill(path.pids[0]!, 'SIGKILL');
  await vi.waitFor(() => expect(texts).toEqual(['first', 'first']), { timeout: 5000 });
  expect(path.state).not.toBe('running');
  process.kill(path.pids[0]!, 'SIGKILL');
  await path.stop();
});

test('a path that cannot work at all is not started again', async () => {
  const { path, cannot } = supervise(childModule('ill', "say({ type: 'cannot-work', reason: 'no such interface' }); process.exit(1);"));
  await vi.waitFor(() => expect(cannot).toEqual(['no such interface']), { timeout: 5000 });
  expect(path.restarts).toBe(0);
});

test('a path that does not stop is ended', { timeout: 15_000 }, async () => {
  const { path } = supervise(childModule('deaf', "if (message.type === 'open-assistant') say({ type: 'opened', backend: 'ring', why: 'test' });"));
  await vi.waitFor(() => expect(path.state).toBe('running'), { timeout: 5000 });
  await path.stop();
  expect(path.pids).toEqual([]);
});
