export { createOciDriver, removeOciInstance } from './driver.ts';
export type { OciOptions } from './driver.ts';
export type { Engine, EngineKind } from './engine.ts';
export { canStartOwnEngine, startOwnEngine } from './own-engine.ts';
export type { OwnEngine } from './own-engine.ts';
