/** Second door of core/queue, for `slowlane bench` and `slowlane test chaos`: the raw things that ours is measured against, and names of scripts. */
export { openRawAdd } from './raw-add.ts';
export { measureRawFlow } from './raw-flow.ts';
export { type RedisCost, redisCostOf } from './redis-cost.ts';
export { measureRawQueue, type RawQueueFigures } from './raw-queue.ts';
export { scriptNamesByDigest } from './script-names.ts';
