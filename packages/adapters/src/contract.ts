// What an adapter is: two small readers per connection, one for what the client says and one for what the server says. README.md tells how to add one.
import type { Kinds } from './kinds.ts';

/** What a reader of requests tells. Calls come while the segment that causes them is being read, so their time is that segment's. */
export interface RequestEvents {
  /** The first byte of a request was read. */
  requestBegan(): void;
  /** The last byte of the request was read. `kind` names it, never with a value of the client's; false if the server sends no answer to it. */
  requestEnded(kind: string, isAnswered: boolean): void;
  /**
   * The client's login was read. `isBound` if it answers a number that the server drew for this connection: no other server takes it. Said at most once, by
   * protocols that have such logins.
   */
  loggedIn(isBound: boolean): void;
  /** From here on the bytes are not understood: what follows is measured without the adapter. Said once, and nothing after it. */
  requestsLost(reason: string): void;
}

/** What a reader of responses tells; the nth response answers the nth request that is answered at all. */
export interface ResponseEvents {
  /** The first byte of a response was read. Said again when what came before was only in the meantime (HTTP 100 Continue). */
  responseBegan(): void;
  /** If nothing more of it comes, the response ended here; said again when more came. Its `responseEnded` follows, at the latest when the next one begins or the stream ends. */
  responseMayEnd(): void;
  /**
   * The response is complete. `status` is a short name out of a small set: a code, `ok`, `nil`. Its last byte is the one read now, or if `isLate` the
   * one read at the last `responseMayEnd`.
   */
  responseEnded(status: string, isError: boolean, lengthBytes: number, isLate: boolean): void;
  /** As `requestsLost`. */
  responsesLost(reason: string): void;
}

/**
 * Reads one direction of one connection. Never throws, whatever the bytes; says the same for any division of the stream into segments; keeps numbers and
 * at most a few hundred bytes of names, never payload.
 */
export interface Reader<Events> {
  /** The stream goes on with bytes [at, end) of `bytes`. */
  push(bytes: Uint8Array, at: number, end: number, out: Events): void;
  /** So many bytes of the stream were not captured. Inside a body of known length that does no harm; elsewhere the reader is lost. */
  skip(lengthBytes: number, out: Events): void;
  /** The stream ended: what ends with it, ends. */
  close(out: Events): void;
}

export type RequestReader = Reader<RequestEvents>;
export type ResponseReader = Reader<ResponseEvents>;

/** One protocol. */
export interface Adapter {
  /** As in a mapping's `adapter`. */
  readonly id: string;
  readonly title: string;
  /** Ports that usually speak it. */
  readonly ports: readonly number[];
  /** A reader for one connection. Its names are interned in `kinds`. False if the connection was open before: then the stream starts between two requests. */
  requests(kinds: Kinds, isFromStart: boolean): RequestReader;
  responses(isFromStart: boolean): ResponseReader;
}
