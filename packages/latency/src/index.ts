export * from './bootstrap.ts';
export * from './bucket.ts';
export * from './histogram.ts';
export * from './random.ts';
export * from './recorder.ts';
export * from './reservoir.ts';
export * from './varint.ts';
export * from './verdict.ts';
