import type { Adapter } from './contract.ts';
import { http1 } from './http1/adapter.ts';
import { memcached } from './memcached/adapter.ts';
import { mysql } from './mysql/adapter.ts';
import { postgres } from './postgres/adapter.ts';
import { redis } from './redis/adapter.ts';
import { turns } from './turns/adapter.ts';

/** Every adapter there is; `turns` first, since it fits whatever no other does. */
export const adapters = [turns, http1, redis, postgres, mysql, memcached] as const satisfies readonly Adapter[];

/** The adapter of this name; null if there is none. */
export const adapterOf = (id: string): Adapter | null => adapters.find((adapter) => adapter.id === id) ?? null;

/** The adapter of the protocol that this port usually speaks; `turns` if none is known. */
export const adapterOfPort = (port: number): Adapter => adapters.find(({ ports }: Adapter) => ports.includes(port)) ?? turns;
