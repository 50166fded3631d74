import type { Adapter } from '../contract.ts';
import { MysqlRequests } from './requests.ts';
import { MysqlResponses } from './responses.ts';

/** MySQL and MariaDB: `SELECT`, `execute`, `login`; `ok` or the number of the first error. */
export const mysql: Adapter = {
  id: 'mysql',
  title: 'MySQL, MariaDB',
  ports: [3306],
  requests: () => new MysqlRequests(),
  responses: (isFromStart) => new MysqlResponses(isFromStart),
};
