import { FlowProducer, Queue, Worker } from 'bullmq';
import { keptJobs } from '../jobs/flows.ts';
import { rawConnector } from './raw-connector.ts';

const stages = ['raw-first', 'raw-middle', 'raw-last'] as const;
const prefix = '{rawflow}';
const opts = { removeOnComplete: keptJobs.completed, removeOnFail: keptJobs.failed };
const flow = {
  ...{ name: 'last', queueName: stages[2], data: {}, opts },
  children: [
    {
      ...{ name: 'middle', queueName: stages[1], data: {}, opts },
      children: [{ name: 'first', queueName: stages[0], data: {}, opts }],
    },
  ],
};

export interface RawFlows<T> {
  count: number;
  /** Of the middle stage. */
  work: () => Promise<void>;
  /** Queue jobs of one stage at once. */
  places: number;
  /** Flows added at a time. */
  atOnce: number;
  /** Takes the measure of what it is given: all flows, from the first that is added to the last that has ended. */
  timed: (run: () => Promise<void>) => Promise<T>;
}

/** Plain BullMQ flows of three stages; what has ended is kept as long as ours is. Workers are started before the measure and closed after it. */
export async function measureRawFlow<T>(url: string, options: RawFlows<T>): Promise<T> {
  const { count, work, places, atOnce, timed } = options;
  const connect = rawConnector(url);
  const connections = [connect(), ...stages.map(() => connect())];
  const [producing, ...working] = connections;
  const flows = new FlowProducer({ connection: producing as NonNullable<typeof producing>, prefix });
  let ended = 0;
  const done = Promise.withResolvers<void>();
  const handlers = [async () => undefined, work, async () => void (++ended === count && done.resolve())];
  const workers = stages.map(
    (name, index) =>
      new Worker(name, handlers[index] as () => Promise<void>, {
        connection: working[index] as NonNullable<typeof producing>,
        prefix,
        concurrency: places,
      }),
  );
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  const taken = await timed(async () => {
    for (let at = 0; at < count; at += atOnce) {
      await Promise.all(Array.from({ length: Math.min(atOnce, count - at) }, () => flows.add(flow)));
    }
    await done.promise;
  });
  await Promise.all(workers.map((worker) => worker.close()));
  await flows.close();
  await forget(url);
  for (const connection of connections) connection.disconnect();
  return taken;
}

async function forget(url: string): Promise<void> {
  const connection = rawConnector(url)();
  for (const name of stages) {
    const queue = new Queue(name, { connection, prefix });
    await queue.obliterate({ force: true });
    await queue.close();
  }
  connection.disconnect();
}
