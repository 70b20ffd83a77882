import { FlowProducer, Queue as BullQueue } from 'bullmq';
import type { Logger } from '@slowlane/contracts';
import type { Redis } from 'ioredis';
import type { QueueJobName } from './catalogue.ts';
import { orUnavailable } from '../redis/availability.ts';
import { type FlowNode, jobsOf } from './flows.ts';
import { settled } from '../redis/settled.ts';

/** The producing side of BullMQ, on one connection. */
export interface JobQueues {
  add(flows: readonly FlowNode[]): Promise<void>;
  /** Makes a delayed queue job due. False when there is none or it is not delayed. */
  promote(name: QueueJobName, jobId: string): Promise<boolean>;
  /** Whether the flow's top job has not ended and something below it (or itself) can still move. */
  isAlive(flow: FlowNode): Promise<boolean>;
  close(): Promise<void>;
}

const moving = new Set(['active', 'waiting', 'delayed', 'prioritized', 'waiting-children']);

export function createJobQueues(redis: Redis, { prefix, logger }: { prefix: string; logger: Logger }): JobQueues {
  const producer = new FlowProducer({ connection: redis, prefix });
  producer.on('error', (error: Error) => logger.debug({ error: error.message }, 'queue producer'));
  const queues = new Map<QueueJobName, BullQueue>();

  function queueOf(name: QueueJobName): BullQueue {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const queue = new BullQueue(name, { connection: redis, prefix });
    queue.on('error', (error: Error) => logger.debug({ queue: name, error: error.message }, 'queue'));
    queues.set(name, queue);
    return queue;
  }
  async function add(flows: readonly FlowNode[]): Promise<void> {
    const chains = flows.filter((flow) => flow.children !== undefined);
    const single = Map.groupBy(
      flows.filter((flow) => flow.children === undefined),
      (flow) => flow.queueName,
    );
    await Promise.all([
      ...(chains.length > 0 ? [producer.addBulk(chains)] : []),
      ...[...single].map(([name, jobs]) =>
        queueOf(name).addBulk(jobs.map((job) => ({ name, data: job.data, opts: job.opts }))),
      ),
    ]);
  }
  async function promote(name: QueueJobName, jobId: string): Promise<boolean> {
    const job = await queueOf(name).getJob(jobId);
    if (job === undefined || !(await job.isDelayed())) return false;
    await job.promote();
    return true;
  }
  async function isAlive(flow: FlowNode): Promise<boolean> {
    const states = await Promise.all(jobsOf(flow).map(({ queue, jobId }) => queueOf(queue).getJobState(jobId)));
    const [top, ...below] = states as string[];
    if (top === undefined || !moving.has(top)) return false;
    return top !== 'waiting-children' || below.some((state) => moving.has(state) && state !== 'waiting-children');
  }
  async function close(): Promise<void> {
    // BullMQ waits for a Redis that is away.
    await settled(Promise.all([producer.close(), ...[...queues.values()].map((queue) => queue.close())]), 1_000);
    redis.disconnect();
  }
  return { add: (flows) => orUnavailable(() => add(flows)), promote, isAlive, close };
}
