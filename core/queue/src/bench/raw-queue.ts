import { setTimeout as pause } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { rawConnector } from './raw-connector.ts';

export interface RawQueueFigures {
  /** From the end of a queue job to the start of the next one, ms. */
  releaseToStartMs: number[];
  /** Bytes of Redis memory per waiting queue job. */
  bytesEach: number;
}

/** Plain BullMQ with so many queue jobs waiting, one worker, one at a time: what the gate is measured against. */
export async function measureRawQueue(
  url: string,
  options: { waiting: number; rounds: number; data: object },
): Promise<RawQueueFigures> {
  const connect = rawConnector(url);
  const [producing, working] = [connect(), connect()];
  const queue = new Queue('raw', { connection: producing, prefix: '{raw}' });
  const memory = async () => Number(/^used_memory:(\d+)/m.exec(await producing.info('memory'))?.[1] ?? 0);
  const before = await memory();
  for (let at = 0; at < options.waiting; at += 1_000) {
    const count = Math.min(1_000, options.waiting - at);
    await queue.addBulk(Array.from({ length: count }, () => ({ name: 'raw', data: options.data })));
  }
  const bytesEach = ((await memory()) - before) / options.waiting;
  const releaseToStartMs: number[] = [];
  let endedAt: number | undefined;
  const worker = new Worker(
    'raw',
    async () => {
      if (endedAt !== undefined) releaseToStartMs.push(performance.now() - endedAt);
      // The end is the moment in which the processor returns.
      endedAt = performance.now();
    },
    { connection: working, prefix: '{raw}', concurrency: 1 },
  );
  while (releaseToStartMs.length < options.rounds) await pause(20);
  await worker.close();
  await queue.obliterate({ force: true });
  await queue.close();
  producing.disconnect();
  working.disconnect();
  return { releaseToStartMs: releaseToStartMs.slice(0, options.rounds), bytesEach };
}
