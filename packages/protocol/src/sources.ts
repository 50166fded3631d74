// Whose addresses copies bear.
import { z } from 'zod';
import { IpAddress, Port } from './address.ts';
import { CidrText, findOverlap } from './cidr.ts';

/** Ports below are for servers (RFC 6335 §6), ports above do not exist. */
export const FIRST_SOURCE_PORT = 1024;
export const LAST_SOURCE_PORT = 65_535;

export const Identity = z.enum(['client', 'pool', 'address']);
export type Identity = z.infer<typeof Identity>;

export const Sources = z
  .object({
    /** A copy bears its client's own address, one of the pool (each client always the same), or `address`. */
    identity: Identity,
    address: IpAddress.nullable(),
    /** Networks of addresses that nobody has, used where the address by right has no port left. */
    pool: z.array(CidrText).max(64, { error: 'at most 64 networks' }),
    /** The address of clients on the online server itself. */
    loopbackAs: IpAddress.nullable(),
    /** Source ports of copies that cannot have their client's. */
    ports: z.object({ first: Port, last: Port }),
  })
  .superRefine(({ identity, address, pool, ports }, context) => {
    const add = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (identity === 'address' && address === null) add(['address'], 'the address that all copies shall bear is needed');
    if (identity === 'pool' && pool.length === 0) add(['pool'], 'a network of addresses for the copies is needed');
    const overlap = findOverlap(pool);
    if (overlap !== null) add(['pool'], `${overlap[0]} and ${overlap[1]} overlap: leave one of them out`);
    if (ports.last < ports.first) add(['ports', 'last'], `the last port ${ports.last} is below the first, ${ports.first}`);
  });
export type Sources = z.infer<typeof Sources>;

export const realClients: Sources = {
  identity: 'client',
  address: null,
  pool: [],
  loopbackAs: null,
  ports: { first: FIRST_SOURCE_PORT, last: LAST_SOURCE_PORT },
};

/** Of the agents that feed one target this is number `index` (from 0) of `count`: each has its own part of the ports. */
export const Share = z
  .object({ index: z.int().min(0), count: z.int().min(1).max(1024) })
  .refine(({ index, count }) => index < count, { error: (issue) => `a share counts from 0 to below its count, not ${JSON.stringify(issue.input)}` });
export type Share = z.infer<typeof Share>;

/** All of the ports. */
export const wholeShare: Share = { index: 0, count: 1 };
