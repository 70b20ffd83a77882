export { type QueueJobName, type QueueJobPayload, catalogue, queueJobNames } from './jobs/catalogue.ts';
export { openQueue } from './open-queue.ts';
export type * from './queue.ts';
