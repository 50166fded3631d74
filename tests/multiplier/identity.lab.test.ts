// Whose sessions are copied, and as whom, on real kernels: what the target sees of its clients' addresses.
import { ADDRESS, CLIENT_ADDRESSES, Lab } from '@parallax/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPair } from '../scenario/support.ts';
import { clients, quiet, serve, settled } from './support.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxi-${process.pid}`, removeOnExit: true });
  await lab.mustExec('target', ['ip', 'route', 'replace', '10.95.0.0/24', 'via', ADDRESS.assistant]);
});
afterAll(async () => lab?.down());

test('clients on the online server itself appear as the address that was given', async () => {
  const [online, target] = [await serve(lab, 'online', 8040), await serve(lab, 'target', 8040)];
  const pair = await startPair(lab, ['-x', `8040-${ADDRESS.target}:8040`, '-i', 'lo', '-H', '10.95.0.9', '-n', '2']);
  const load = await clients(
    lab,
    Array.from({ length: 10 }, () => ['127.0.0.1', 0]),
    8040,
    { host: 'online', server: '127.0.0.1' },
  );
  await settled(target, 20, 10_000);
  await quiet(target);
  expect(target.get()).toMatchObject({ from: { '10.95.0.9': 20 }, lines: 20, least: 2, times: 2, broken: 0 });
  await load.end();
  expect(await pair.stop()).toEqual([0, 0]);
  online.stop();
  target.stop();
});

test('one client address and port on a range and on another mapping to the same port is three copies; one address for all, and only of the clients asked for', async () => {
  const [online, target] = [await serve(lab, 'online', 8041, 8045), await serve(lab, 'target', 8041, 8044)];
  const list = [`8041..8044-${ADDRESS.target}:8041..8044`, `8045-${ADDRESS.target}:8041`].join(',');
  const pair = await startPair(lab, ['-x', list, '-c', '10.95.0.7', '--clients', '10.90.0.10/31', '--not-clients', '10.90.0.11']);
  const asking = CLIENT_ADDRESSES.slice(0, 3); // asked for, asked for but not, not asked for
  const loads = await Promise.all(
    [8041, 8044, 8045].map((port) =>
      clients(
        lab,
        asking.map((address) => [address, 45_000]),
        port,
        { prefix: `to ${port} from` },
      ),
    ),
  );
  await settled(target, 3, 10_000);
  await quiet(target);
  expect(online.get()).toMatchObject({ accepted: 9 });
  expect(target.get()).toMatchObject({ from: { '10.95.0.7': 3 }, accepted: 3, lines: 3, different: 3, broken: 0 });
  for (const load of loads) await load.end();
  expect(await pair.stop()).toEqual([0, 0]);
  online.stop();
  target.stop();
});
