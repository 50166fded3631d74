import type { Adapter } from '../contract.ts';
import { PostgresRequests } from './requests.ts';
import { PostgresResponses } from './responses.ts';

/** PostgreSQL, simple and extended protocol: `SELECT`, `startup`; `ok` or the SQLSTATE of the first error. */
export const postgres: Adapter = {
  id: 'postgres',
  title: 'PostgreSQL',
  ports: [5432, 5433],
  requests: (_kinds, isFromStart) => new PostgresRequests(isFromStart),
  responses: (isFromStart) => new PostgresResponses(isFromStart),
};
