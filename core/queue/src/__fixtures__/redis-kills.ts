import { setTimeout as pause } from 'node:timers/promises';
import { type TestRedis, createMemoryLogger, sampleRequest } from '@slowlane/testkit';
import { type Queue, openQueue } from '../index.ts';

/** Kills Redis so often while ten clients accept; at the end everything that was acknowledged must be there. */
export async function killWhileAccepting(
  redis: TestRedis,
  kills: number,
): Promise<{ acknowledged: number; refused: number; lost: string[]; killed: number }> {
  const queue = await openQueue({ url: redis.url, logger: createMemoryLogger() });
  const acknowledged = new Set<string>();
  let refused = 0;
  let killed = 0;
  let ending = false;
  const clients = Array.from({ length: 10 }, async () => {
    while (!ending) {
      const request = sampleRequest();
      const isIn = await queue.requests.accept(request).then(
        () => true,
        () => false,
      );
      if (isIn) acknowledged.add(request.id);
      else refused++;
      if (!isIn) await pause(5);
    }
  });
  for (; killed < kills; killed++) {
    const [before, pid] = [acknowledged.size, redis.pid];
    // At a different place each time, always under load.
    while (acknowledged.size < before + 20 + ((killed * 37) % 150)) await pause(2);
    await redis.kill();
    await redis.restart();
    if (redis.pid === pid) throw new Error('the kill did not fire');
  }
  ending = true;
  await Promise.all(clients);
  while (!(await answers(queue))) await pause(20);
  const ids = [...acknowledged];
  const lost: string[] = [];
  for (let at = 0; at < ids.length; at += 500) {
    const some = ids.slice(at, at + 500);
    const found = await Promise.all(some.map((id) => queue.requests.get(id)));
    lost.push(...some.filter((_, index) => found[index]?.state !== 'accepted'));
  }
  await queue.close();
  return { acknowledged: ids.length, refused, lost, killed };
}

function answers(queue: Queue): Promise<boolean> {
  return queue.ping().then(
    () => true,
    () => false,
  );
}
