export type { Copy, CopyState, Held } from './copy/copy.ts';
export type { Effects } from './effects.ts';
export { Engine, type EngineOptions } from './engine.ts';
export { type Ending, endings, MappingLedger } from './ledger.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { Mapping, type MappingConfig, type Pacing } from './mapping.ts';
export type { Memory } from './memory.ts';
export type { Session } from './session/session.ts';
