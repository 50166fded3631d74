// Just enough of the Redis protocol (RESP2) to ask a server one thing over its unix socket, where no mirrored port sees it.
import { createConnection } from 'node:net';
import { LabError } from './names.ts';

export type Reply = string | number | null | Reply[] | LabError;

/** A command as the server reads it: an array of bulk strings. */
export function encodeCommand(words: readonly string[]): Buffer {
  const parts = [`*${words.length}\r\n`];
  for (const word of words) parts.push(`$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(parts.join(''));
}

/** The reply that begins at byte `at` and where it ends, or undefined while it is incomplete. An error reply is a value. */
export function decodeReply(bytes: Buffer, at = 0): { value: Reply; end: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n', at);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('utf8', at + 1, lineEnd);
  const next = lineEnd + 2;
  switch (String.fromCharCode(bytes[at] ?? 0)) {
    case '+':
      return { value: line, end: next };
    case '-':
      return { value: new LabError(line), end: next };
    case ':':
      return { value: Number(line), end: next };
    case '$': {
      const lengthBytes = Number(line);
      if (lengthBytes < 0) return { value: null, end: next };
      if (bytes.length < next + lengthBytes + 2) return undefined;
      return { value: bytes.toString('utf8', next, next + lengthBytes), end: next + lengthBytes + 2 };
    }
    case '*': {
      const count = Number(line);
      if (count < 0) return { value: null, end: next };
      const values: Reply[] = [];
      let end = next;
      for (let index = 0; index < count; index++) {
        const item = decodeReply(bytes, end);
        if (item === undefined) return undefined;
        values.push(item.value);
        end = item.end;
      }
      return { value: values, end };
    }
    default:
      throw new LabError(`not a Redis reply: ${JSON.stringify(bytes.toString('latin1', at, at + 40))}`);
  }
}

/** Ask a Redis server one command over its unix socket. Rejects on an error reply, and after `timeoutMs` (5 s) without one. */
export function redisCommand(unixSocket: string, words: readonly string[], timeoutMs = 5_000): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(unixSocket);
    let received: Buffer = Buffer.alloc(0);
    const fail = (message: string, cause?: unknown) => {
      socket.destroy();
      reject(new LabError(`redis at ${unixSocket}, ${words[0] ?? 'no command'}: ${message}`, { cause }));
    };
    socket.setTimeout(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
    socket.on('error', (cause) => fail(cause.message, cause));
    socket.on('close', () => fail('the server closed the connection'));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      try {
        const reply = decodeReply(received);
        if (reply === undefined) return;
        if (reply.value instanceof LabError) return fail(reply.value.message);
        resolve(reply.value);
        socket.destroy();
      } catch (cause) {
        fail(cause instanceof Error ? cause.message : String(cause), cause);
      }
    });
    socket.write(encodeCommand(words));
  });
}
