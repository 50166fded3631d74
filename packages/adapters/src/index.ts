export * from './catalogue.ts';
export * from './contract.ts';
export { http1 } from './http1/adapter.ts';
export { Kinds, MOST_KINDS, OTHER_KIND } from './kinds.ts';
export { memcached } from './memcached/adapter.ts';
export { mysql } from './mysql/adapter.ts';
export { postgres } from './postgres/adapter.ts';
export { redis } from './redis/adapter.ts';
export { turns } from './turns/adapter.ts';
