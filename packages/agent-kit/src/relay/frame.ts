// Frames of the relay: u32 length of what follows, u8 type, body. Big endian.

import { Endpoint } from '@parallax/protocol';
import { z } from 'zod';

/** In the first frame of both sides; another number is refused by name. */
export const RELAY_VERSION = 2;

export const FrameType = { hello: 1, welcome: 2, refusal: 3, targets: 4, answers: 5, ping: 6, pong: 7, marks: 8 } as const;

/** With an adapter, the assistant reads the target's answers and marks where each response begins and ends; without, their headers are enough. */
export const RelayTarget = Endpoint.extend({ adapter: z.string().max(32).nullable() });
export type RelayTarget = z.infer<typeof RelayTarget>;

/** Of the online agent's packet paths it is this one, and wants only answers to ports that fall to it (`shardOf` of packages/wire). */
export const RelayShard = z.object({ index: z.int().min(0), count: z.int().min(1).max(256) });

const targets = z.array(RelayTarget).max(10_000);

/** First frame of an online agent. The assistant listens for its targets before it says welcome, so that no first answer is missed. */
export const RelayHello = z.object({
  magic: z.literal('parallax-relay'),
  version: z.int(),
  agent: z.string().max(128),
  targets: targets.optional(),
  shard: RelayShard.optional(),
});
/** First frame of an assistant, if it accepts. */
export const RelayWelcome = z.object({ version: z.int(), agent: z.string().max(128) });
export const RelayRefusal = z.object({ reason: z.string().max(1000) });
/** The only targets whose answers the online agent wants; replaces what it said before. */
export const RelayTargets = z.object({ targets });

export const HEADER_BYTES = 5;
/** Longest frame of answers; longest frame of everything else. */
const MOST_ANSWER_BYTES = 1 << 20;
const MOST_OTHER_BYTES = 1 << 16;

/** A frame whose body is JSON. */
export function jsonFrame(type: number, body: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(body));
  const frame = Buffer.allocUnsafe(HEADER_BYTES + json.length);
  frame.writeUInt32BE(json.length + 1, 0);
  frame[4] = type;
  json.copy(frame, HEADER_BYTES);
  return frame;
}

/** Answers a ping: what the assistant has lost of this agent's answers since they connected, and its kernel of everybody's. */
export const RelayPong = z.object({ dropped: z.int().min(0).default(0), captureDropped: z.int().min(0).default(0) });
export type RelayPong = z.infer<typeof RelayPong>;

export const pingFrame = jsonFrame(FrameType.ping, {});

/** Cuts a byte stream into frames. Bytes stay in one growing buffer, so that records can be read in place. */
export class FrameReader {
  #buffer = Buffer.from(new ArrayBuffer(1 << 18));
  #view = new DataView(this.#buffer.buffer);
  #from = 0;
  #to = 0;
  readonly #onFrame: (type: number, view: DataView, at: number, end: number) => void;

  /** `onFrame` gets the body as a range of a view that is valid during the call. It may throw to refuse the peer. */
  constructor(onFrame: (type: number, view: DataView, at: number, end: number) => void) {
    this.#onFrame = onFrame;
  }

  /** Take bytes from the socket. Throws a sentence if the peer does not speak the protocol. */
  push(chunk: Uint8Array): void {
    this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#to);
    this.#to += chunk.length;
    while (this.#to - this.#from >= HEADER_BYTES) {
      const lengthBytes = this.#view.getUint32(this.#from);
      const type = this.#view.getUint8(this.#from + 4);
      if (lengthBytes < 1 || lengthBytes > (type === FrameType.answers ? MOST_ANSWER_BYTES : MOST_OTHER_BYTES)) {
        throw new Error(`the peer does not speak the relay protocol (frame of ${lengthBytes} bytes, type ${type})`);
      }
      const end = this.#from + 4 + lengthBytes;
      if (end > this.#to) return;
      const at = this.#from + HEADER_BYTES;
      this.#from = end;
      this.#onFrame(type, this.#view, at, end);
    }
  }

  #makeRoom(lengthBytes: number): void {
    if (this.#from === this.#to) this.#from = this.#to = 0;
    if (this.#to + lengthBytes <= this.#buffer.length) return;
    const waiting = this.#to - this.#from;
    let target = this.#buffer;
    if (waiting + lengthBytes > target.length) {
      target = Buffer.from(new ArrayBuffer(2 ** Math.ceil(Math.log2(waiting + lengthBytes))));
    }
    this.#buffer.copy(target, 0, this.#from, this.#to);
    if (target !== this.#buffer) {
      this.#buffer = target;
      this.#view = new DataView(target.buffer);
    }
    this.#from = 0;
    this.#to = waiting;
  }
}

/** The JSON body of a frame, checked. Throws a sentence that names the frame. */
export function readJson<T>(schema: z.ZodType<T>, what: string, view: DataView, at: number, end: number): T {
  let body: unknown;
  try {
    body = JSON.parse(Buffer.from(view.buffer, view.byteOffset + at, end - at).toString());
  } catch (cause) {
    throw new Error(`the peer's ${what} is not JSON`, { cause });
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Error(`the peer's ${what} is not valid: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
