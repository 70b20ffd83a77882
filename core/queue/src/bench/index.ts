/** Second door of core/queue, for `slowlane bench`: the raw things that ours is measured against. */
export { openRawAdd } from './raw-add.ts';
export { measureRawFlow } from './raw-flow.ts';
export { measureRawQueue, type RawQueueFigures } from './raw-queue.ts';
