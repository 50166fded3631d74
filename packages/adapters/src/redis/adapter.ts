import type { Adapter } from '../contract.ts';
import { RedisRequests } from './requests.ts';
import { RedisResponses } from './responses.ts';

/** Redis and what speaks RESP: `GET`, `CONFIG SET`; replies are `ok`, `nil`, or the first word of an error. */
export const redis: Adapter = {
  id: 'redis',
  title: 'Redis (RESP)',
  ports: [6379, 6380],
  requests: (kinds) => new RedisRequests(kinds),
  responses: () => new RedisResponses(),
};
