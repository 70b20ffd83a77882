export { createBubblewrapDriver } from './driver.ts';
export type { BubblewrapOptions } from './driver.ts';
export { removeInstance } from './remove-instance.ts';
