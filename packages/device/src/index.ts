export { type PacketFacts, runBpf } from './bpf-run.ts';
export * from './contract.ts';
export type { FileFrame } from './file/frame.ts';
export { readCapture } from './file/read.ts';
export { type CaptureFormat, captureHeader, captureRecord, type WrittenFrame, writeCapture } from './file/write.ts';
export { answersFilter, HEADER_BYTES, mirrorFilter, WHOLE_BYTES } from './filters.ts';
export { pcapFilter } from './libpcap.ts';
export { type MemoryIo, type MemoryOptions, openMemory, type PushedFrame } from './memory/memory.ts';
export { openIo } from './open.ts';
