import { FlowProducer, Queue, Worker } from 'bullmq';
import type { Logger } from '@slowlane/contracts';
import { connector } from '../connections.ts';

const stages = ['raw-first', 'raw-middle', 'raw-last'] as const;
const prefix = '{rawflow}';

/** So many plain BullMQ flows of three stages, one after the other; the middle one does `work`. Resolves when all have ended. */
export async function measureRawFlow(
  url: string,
  { count, work, logger }: { count: number; work: () => Promise<void>; logger: Logger },
): Promise<void> {
  const connect = connector(url, logger);
  const connections = [connect('queue'), ...stages.map(() => connect('queue'))];
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
        concurrency: 16,
      }),
  );
  for (let at = 0; at < count; at += 20) {
    await Promise.all(
      Array.from({ length: Math.min(20, count - at) }, () =>
        flows.add({
          ...{ name: 'last', queueName: stages[2], data: {} },
          children: [
            {
              name: 'middle',
              queueName: stages[1],
              data: {},
              children: [{ name: 'first', queueName: stages[0], data: {} }],
            },
          ],
        }),
      ),
    );
  }
  await done.promise;
  await Promise.all(workers.map((worker) => worker.close()));
  await flows.close();
  await forget(url, logger);
  for (const connection of connections) connection.disconnect();
}

async function forget(url: string, logger: Logger): Promise<void> {
  const connection = connector(url, logger)('queue');
  for (const name of stages) {
    const queue = new Queue(name, { connection, prefix });
    await queue.obliterate({ force: true });
    await queue.close();
  }
  connection.disconnect();
}
