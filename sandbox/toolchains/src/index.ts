export * from './discover-tools.ts';
export * from './host-root.ts';
export { debianSuite } from './pinned/debian-suite.ts';
export { pinRoot } from './pinned/pin-root.ts';
export type { PinOptions } from './pinned/pin-root.ts';
export { pinnedPackages } from './pinned/pinned-packages.ts';
export { findPinnedRoot } from './pinned/pinned-root.ts';
export type { PinnedRoot } from './pinned/pinned-root.ts';
