// What the packet path's process needs, and no more: command lines, logs and the console's link stay with its parent.
export { grown } from './grown.ts';
export { clockSetText, hostClock, shiftForTests } from './host-clock.ts';
export { type ChildPort, servePacketPath } from './packet-path-child.ts';
export { RelayClient, type RelayClientOptions } from './relay/client.ts';
export { MarkView } from './relay/mark.ts';
export { RECORD_PREFIX_BYTES, RecordView, recordBytes } from './relay/record.ts';
export { Relay, RelayServer, type RelayServerOptions } from './relay/server.ts';
export { collect } from './small-heap.ts';
