export { createDummyDriver } from './dummy-driver.ts';
export type { DummyDials, DummyDriver } from './dummy-driver.ts';
