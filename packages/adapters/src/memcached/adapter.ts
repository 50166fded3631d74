import type { Adapter } from '../contract.ts';
import { MemcachedRequests } from './requests.ts';
import { MemcachedResponses } from './responses.ts';

/** memcached's text protocol, classic and meta commands: `get`, `set`; `miss`, `NOT_STORED`. */
export const memcached: Adapter = {
  id: 'memcached',
  title: 'memcached (text)',
  ports: [11211],
  requests: () => new MemcachedRequests(),
  responses: () => new MemcachedResponses(),
};
