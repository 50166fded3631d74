// What a session says in a protocol that an adapter understands, and the requests on it that the online server has not answered.
import type { Adapter, Kinds, RequestReader, ResponseReader } from '@parallax/adapters';
import type { Exchange } from './exchange.ts';

export class Talk {
  readonly requests: RequestReader;
  readonly responses: ResponseReader;
  /** The newest exchange, if anybody still holds it. */
  last: Exchange | null = null;
  /** The oldest one that the online server has not answered. */
  unanswered: Exchange | null = null;
  /** The client is amid a request. */
  isRequestOpen = false;
  /** Responses to a request that was still being said: it is answered, and counted, when it ends. */
  answersAhead = 0;
  /** That response was an error. */
  isErrorAhead = false;
  /** Of the online server's response that is being read: its first byte, and where it ended if nothing more comes; µs. */
  beganAtUs = 0;
  mayEndAtUs = 0;

  constructor(adapter: Adapter, kinds: Kinds, isFromStart: boolean) {
    this.requests = adapter.requests(kinds, isFromStart);
    this.responses = adapter.responses(isFromStart);
  }
}
