export * from './address.ts';
export * from './checksum.ts';
export * from './cidr.ts';
export * from './ip.ts';
export * from './options.ts';
export * from './segment.ts';
export * from './seq.ts';
export * from './tcp.ts';
