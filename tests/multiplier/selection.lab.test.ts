// Which sessions are copied, on real kernels: shares of many short sessions, and clients that are in or out for good.
import { copiesOf, everySession, Selection } from '@parallax/engine';
import { ADDRESS, CLIENT_ADDRESSES, Lab } from '@parallax/lab';
import { parseAddress } from '@parallax/wire';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPair } from '../scenario/support.ts';
import { recordOpened, serve, settled, shortClients } from './support.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxq-${process.pid}`, removeOnExit: true });
});
afterAll(async () => lab?.down());

const SESSIONS = 10_000;

test('×2.5 over 10,000 sessions are 25,000 copies within 1 %, each session in two or three; 30 % are 30 % within a point', async () => {
  const online = [await serve(lab, 'online', 8010), await serve(lab, 'online', 8012)];
  const targets = [await serve(lab, 'target', 8010), await serve(lab, 'target', 8011), await serve(lab, 'target', 8012)];
  const to = (port: number, target: number, settings: string) => `${port}-${ADDRESS.target}:${target}${settings}`;
  const list = [to(8010, 8010, '/n=2.5'), to(8010, 8011, '/r=30'), to(8012, 8012, '/r=30')];
  const pair = await startPair(lab, ['-x', list.join(','), '--stats']);
  const opened = await recordOpened(lab, [8010, 8012]);
  const beganAtMs = performance.now();
  await shortClients(lab, SESSIONS, 8010);
  await shortClients(lab, 3 * SESSIONS, 8012); // 30 % of 10,000 alone would miss by a point in 3 of 100 runs, by chance
  const sessions = await opened.take();
  const [many, rest] = [8010, 8012].map((port) => sessions.filter(({ serverPort }) => serverPort === port));
  const selection = new Selection({ ...everySession, percent: 30 }, 0);
  const chosen = (list: typeof sessions) => list.filter((session) => selection.admits(session, 0, 0)).length;
  const drawn = [many!.reduce((sum, session) => sum + copiesOf(2.5, session), 0), chosen(many!), chosen(rest!)];
  for (const [index, target] of targets.entries()) await settled(target, drawn[index]!);
  const counts = targets.map(({ get }) => get());
  const share = ((counts[1]!.accepted + counts[2]!.accepted) / (4 * SESSIONS)) * 100;
  console.log(
    `×2.5: ${counts[0]!.accepted} copies; 30 %: ${counts[1]!.accepted} of ${SESSIONS}, ${share.toFixed(2)} % of ${4 * SESSIONS}; in ${Math.round(performance.now() - beganAtMs)} ms`,
  );
  expect([many!.length, rest!.length]).toEqual([SESSIONS, 3 * SESSIONS]);
  expect(
    counts.map(({ accepted }) => accepted),
    `the servers count what the draws say; ${pair.online.lines.slice(-list.length).join(' ')}`,
  ).toEqual(drawn);
  expect(counts[0]).toMatchObject({ lines: drawn[0], different: SESSIONS, least: 2, times: 3, broken: 0 });
  expect(Math.abs(counts[0]!.accepted - 2.5 * SESSIONS)).toBeLessThanOrEqual(0.01 * 2.5 * SESSIONS); // five standard deviations
  expect(Math.abs(share - 30)).toBeLessThanOrEqual(1); // 4.4 standard deviations
  expect(await pair.stop()).toEqual([0, 0]);
  for (const each of [...online, ...targets]) each.stop();
});

test('drawn by client, an address is in or out with all its sessions, in every mapping, and after the agent has come back', async () => {
  const online = [await serve(lab, 'online', 8015), await serve(lab, 'online', 8016)];
  const targets = [await serve(lab, 'target', 8015), await serve(lab, 'target', 8016)];
  const list = [8015, 8016].map((port) => `${port}-${ADDRESS.target}:${port}`).join(',');
  const rounds: Record<string, number>[][] = [];
  const clients = CLIENT_ADDRESSES.map((address) => parseAddress(address)!);
  const selection = new Selection({ ...everySession, percent: 50, by: 'client' }, 0);
  const chosen = clients.filter((client) => selection.admits({ client, clientPort: 1, serverPort: 1, clientIss: 1 }, 0, 0)).length;
  for (const _ of [1, 2]) {
    const pair = await startPair(lab, ['-x', list, '-r', '50', '--select-by', 'client']);
    for (const port of [8015, 8016]) await shortClients(lab, 200, port, `round ${rounds.length}`);
    for (const target of targets) await settled(target, 20 * chosen * (rounds.length + 1));
    rounds.push(targets.map(({ get }) => get().from));
    expect(await pair.stop()).toEqual([0, 0]);
  }
  const addresses = Object.keys(rounds[0]![0]!);
  console.log(`in: ${addresses.join(', ')}`);
  expect(addresses.length).toBeGreaterThan(0);
  expect(addresses.length).toBeLessThan(CLIENT_ADDRESSES.length);
  const times = (count: number) => Object.fromEntries(addresses.map((address) => [address, count]));
  expect(rounds).toEqual([
    [times(20), times(20)],
    [times(40), times(40)],
  ]);
  for (const each of [...online, ...targets]) each.stop();
});
