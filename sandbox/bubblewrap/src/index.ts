export { createBubblewrapDriver, removeInstance } from './driver.ts';
export type { BubblewrapOptions } from './driver.ts';
export { isRootless } from '@slowlane/driver-kit';
