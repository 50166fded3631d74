// Every adapter against real conversations, cut anywhere and damaged in every way.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adapters } from './catalogue.ts';
import type { Adapter } from './contract.ts';
import { http1Conversation } from './http1/conversation.ts';
import { Kinds, MOST_KINDS } from './kinds.ts';
import { memcachedConversation } from './memcached/conversation.ts';
import { mysqlConversation } from './mysql/conversation.ts';
import { postgresConversation } from './postgres/conversation.ts';
import { redisConversation } from './redis/conversation.ts';
import { type Conversation, requestLines, responseLines, Transcript } from './testing/transcript.ts';

const conversations: Record<string, Conversation> = {
  turns: http1Conversation,
  http1: http1Conversation,
  redis: redisConversation,
  postgres: postgresConversation,
  mysql: mysqlConversation,
  memcached: memcachedConversation,
};
const RUNS = 1000;
const seed = Number(process.env.FUZZ_SEED ?? Date.now() | 0);
console.log(`adapters: FUZZ_SEED=${seed}`);

type Damage = { at: number; how: 'flip' | 'insert' | 'delete' | 'repeat' | 'cut'; bytes: Uint8Array };

const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  how: fc.constantFrom<Damage['how'][]>('flip', 'insert', 'delete', 'repeat', 'cut'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
});

/** The stream with the damages done to it, one after the other. */
function damaged(stream: Uint8Array, damages: readonly Damage[]): Uint8Array {
  let bytes = [...stream];
  for (const { at: share, how, bytes: other } of damages) {
    const at = Math.floor(share * bytes.length);
    if (how === 'flip') bytes.splice(at, other.length, ...other);
    else if (how === 'insert') bytes.splice(at, 0, ...other);
    else if (how === 'delete') bytes.splice(at, other.length);
    else if (how === 'repeat') bytes.splice(at, 0, ...bytes.slice(at, at + 10 * other.length));
    else bytes = bytes.slice(0, at);
  }
  return Uint8Array.from(bytes);
}

const cuts = (lengthBytes: number, shares: readonly number[]): number[] => shares.map((share) => Math.floor(share * lengthBytes));
const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

describe.each(adapters.map((adapter) => [adapter.id, adapter as Adapter] as const))('%s', (id, adapter) => {
  const { client, server } = conversations[id]!;

  test('says the same for any segments', () => {
    const asked = requestLines(adapter, client);
    const answered = responseLines(adapter, server);
    const everyByte = (bytes: Uint8Array) => Array.from(bytes, (_, index) => index);
    expect(requestLines(adapter, client, everyByte(client))).toEqual(asked);
    expect(responseLines(adapter, server, everyByte(server))).toEqual(answered);
    fc.assert(
      fc.property(shares, (at) => {
        expect(requestLines(adapter, client, cuts(client.length, at))).toEqual(asked);
        expect(responseLines(adapter, server, cuts(server.length, at))).toEqual(answered);
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('survives whatever is said, and says the same for any segments', () => {
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 6 }), shares, fc.boolean(), (damages, at, isFromStart) => {
        const kinds = new Kinds();
        const asked = damaged(client, damages);
        const answered = damaged(server, damages);
        expect(requestLines(adapter, asked, cuts(asked.length, at), isFromStart, kinds)).toEqual(requestLines(adapter, asked, [], isFromStart));
        expect(responseLines(adapter, answered, cuts(answered.length, at), isFromStart)).toEqual(responseLines(adapter, answered, [], isFromStart));
        expect(kinds.size).toBeLessThanOrEqual(MOST_KINDS);
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('survives what the other side says, and holes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), shares, fc.nat(3000), (noise, at, holeBytes) => {
        requestLines(adapter, server, cuts(server.length, at));
        responseLines(adapter, client, cuts(client.length, at));
        requestLines(adapter, noise);
        responseLines(adapter, noise);
        for (const [reader, stream] of [
          [adapter.requests(new Kinds(), true), client],
          [adapter.responses(true), server],
        ] as const) {
          const out = new Transcript();
          let fromAt = 0;
          for (const to of cuts(stream.length, at).sort((a, b) => a - b)) {
            reader.push(stream, fromAt, to, out as never);
            reader.skip(holeBytes, out as never);
            fromAt = to;
          }
          reader.close(out as never);
          expect(out.lines.filter((line) => line.startsWith('lost')).length).toBeLessThanOrEqual(1);
          const lostAt = out.lines.findIndex((line) => line.startsWith('lost'));
          if (lostAt >= 0) expect(out.lines).toHaveLength(lostAt + 1); // nothing is said after it
        }
      }),
      { seed, numRuns: RUNS },
    );
  });

  test('keeps next to nothing of a stream that never ends', () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const used = () => {
      gc();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const silent = {
      requestBegan() {},
      requestEnded() {},
      loggedIn() {},
      requestsLost() {},
      responseBegan() {},
      responseMayEnd() {},
      responseEnded() {},
      responsesLost() {},
    };
    const readers = Array.from({ length: 200 }, (_, index) => ({
      requests: adapter.requests(new Kinds(), true),
      responses: adapter.responses(true),
      // Each is left in the middle of something else, and goes on with one letter for ever.
      clientAt: Math.floor((index / 200) * client.length),
      serverAt: Math.floor((index / 200) * server.length),
    }));
    const letters = new Uint8Array(1 << 16).fill(0x41);
    const before = used();
    for (const { requests, responses, clientAt, serverAt } of readers) {
      requests.push(client, 0, clientAt, silent);
      responses.push(server, 0, serverAt, silent);
      for (let round = 0; round < 8; round++) {
        requests.push(letters, 0, letters.length, silent);
        responses.push(letters, 0, letters.length, silent);
      }
    }
    expect((used() - before) / readers.length).toBeLessThan(4096);
  });
});
