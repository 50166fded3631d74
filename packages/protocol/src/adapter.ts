import { z } from 'zod';

/** What tells requests and responses apart, as packages/adapters names it. `auto`: by the target's port. */
export const AdapterChoice = z.enum(['turns', 'auto', 'http1', 'redis', 'postgres', 'mysql', 'memcached'], {
  error: (issue) => `"${String(issue.input)}" is no adapter; choose turns, auto, http1, redis, postgres, mysql or memcached`,
});
export type AdapterChoice = z.infer<typeof AdapterChoice>;
