export * from './address.ts';
export * from './agent.ts';
export * from './api.ts';
export * from './comparison.ts';
export * from './ledger.ts';
export * from './live.ts';
export * from './mapping.ts';
export * from './packet-path.ts';
