import { Connections } from '@parallax/device';
import type { Session } from '@parallax/engine';
import { parseAddress } from '@parallax/wire';
import { expect, test } from 'vitest';
import { LostEnds } from './lost-ends.ts';

/** Connections from 10.90.0.10 to 10.90.1.20:6379, as /proc/net/tcp has them. */
function listOf(ports: readonly number[]): Connections {
  const list = new Connections();
  for (const port of ports)
    list.add(`   1: 14015A0A:18EB 0A005A0A:${port.toString(16).toUpperCase().padStart(4, '0')} 01 00000000:00000000 00:00000000 00000000 0 0 5`);
  return list;
}
const session = (clientPort: number) =>
  ({ server: parseAddress('10.90.1.20')!, serverPort: 6379, client: parseAddress('10.90.0.10')!, clientPort, isFinReached: false, isReset: false }) as Session;

/** Sessions 4000 and 4001 are open; `known` are in the list before, `left` after packets were lost. */
async function run(known: readonly number[], left: readonly number[], seconds: number): Promise<number[]> {
  const sessions = [session(4000), session(4001)];
  const ended: number[] = [];
  let list = listOf(known);
  const engine = {
    sessionsAwake: () => sessions.values(),
    unfinishedSince: () => sessions.filter(({ clientPort }) => !ended.includes(clientPort)),
    endUnseen: ({ clientPort }: Session) => void ended.push(clientPort),
  };
  const ends = new LostEnds(
    engine,
    () => {},
    async () => list,
  );
  await ends.onSecond(1000);
  ends.notice(1500);
  list = listOf(left);
  for (let second = 2; second < 2 + seconds; second++) await ends.onSecond(second * 1000);
  return ended;
}

test.each<[string, readonly number[], readonly number[], number, number[]]>([
  ['what is gone from the list is over', [4000, 4001], [4001], 3, [4000]],
  ['not before two seconds have passed', [4000, 4001], [4001], 1, []],
  ['what is in the list is not', [4000, 4001], [4000, 4001], 70, []],
  ['a list that never had any of that port says nothing', [], [], 70, []],
])('%s', async (_, known, left, seconds, ended) => {
  expect(await run(known, left, seconds)).toEqual(ended);
});
