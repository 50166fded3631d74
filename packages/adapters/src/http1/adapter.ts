import type { Adapter } from '../contract.ts';
import { Http1Requests } from './requests.ts';
import { Http1Responses } from './responses.ts';

/** HTTP/1.1: `GET /users/:id`, status codes; 400 and above are errors. */
export const http1: Adapter = {
  id: 'http1',
  title: 'HTTP/1.1',
  ports: [80, 8000, 8080, 8888],
  requests: (kinds) => new Http1Requests(kinds),
  responses: () => new Http1Responses(),
};
