import { SlowLaneError } from '@slowlane/contracts';
import { orUnavailable } from './redis/availability.ts';
import { createBlockingPool } from './redis/blocking-pool.ts';
import { createBuildLane } from './lanes/build-lane.ts';
import { createClusterBook } from './lanes/cluster-book.ts';
import { connector } from './redis/connections.ts';
import { checkDurability } from './redis/durability.ts';
import { createEventLog } from './events/event-log.ts';
import { createGate } from './gate/gate.ts';
import { keysOf } from './redis/keys.ts';
import { createPump } from './gate/pump.ts';
import type { Queue, QueueOptions, QueueStats, Workers } from './queue.ts';
import { createRequestLane } from './lanes/request-lane.ts';
import { meetVersion } from './redis/meet-version.ts';
import { loadScripts, scriptFolder } from './redis/scripts.ts';
import { startSharedClock } from './redis/shared-clock.ts';
import { type Store, createStore } from './redis/store.ts';
import { startWork } from './jobs/work.ts';

/** Connects to Redis (throws `queue.unavailable` when it does not answer) and gives the lanes, the gate and the event stream. */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  return openQueueWith(options, {});
}

/** As `openQueue`, for tests of this project: scripts from another folder, other times. */
export async function openQueueWith(
  options: QueueOptions,
  inner: { scriptFolder?: string; patienceMs?: number; turnMs?: number },
): Promise<Queue> {
  const { url, prefix = 'sl', logger, leaseMs = 30_000, ageingStepMs = 60_000, maxUnarchived = 1_000_000 } = options;
  const prices = options.prices ?? {};
  const connect = connector(url, logger);
  const redis = connect('lane');
  await redis.connect().catch((thrown: unknown) => {
    redis.disconnect();
    throw new SlowLaneError('queue.unavailable', 'Redis does not answer', { cause: thrown });
  });
  const { patienceMs = 600_000, turnMs } = inner;
  const scripts = loadScripts(inner.scriptFolder ?? scriptFolder, {
    leaseMs,
    patienceMs,
    ...(turnMs === undefined ? {} : { turnMs }),
  });
  const store = createStore(redis, { keys: keysOf(prefix), scripts });
  await meetVersion(store).catch((thrown: unknown) => {
    redis.disconnect();
    throw thrown;
  });
  const clock = await startSharedClock(store).catch((thrown: unknown) => {
    redis.disconnect();
    throw thrown;
  });
  const pool = createBlockingPool(() => connect('blocking'));
  const pump = createPump(store);
  const requests = createRequestLane({ store, pump, ageingStepMs, maxUnarchived, prices });
  const builds = createBuildLane({ store, pool });
  const gate = createGate({ store, pump });
  const working = new Set<Workers>();

  return {
    requests,
    builds,
    gate,
    clusters: createClusterBook(store),
    events: createEventLog({ store, pool }),
    async work(processors, workOptions) {
      const deps = { connect, pump, gate, lanes: { requests, builds, store, logger } };
      // Its own connections may lose Redis while they come up.
      const workers = await orUnavailable(() => startWork(deps, processors, workOptions));
      working.add(workers);
      return {
        close: async (graceMs) => {
          working.delete(workers);
          await workers.close(graceMs);
        },
      };
    },
    now: () => clock.now(),
    ping: async () => void (await store.call((connection) => connection.ping())),
    checkDurability: () => checkDurability(store),
    stats: () => stats(store),
    async close() {
      await Promise.all([...working].map((workers) => workers.close()));
      clock.close();
      pool.close();
      store.close();
      redis.disconnect();
    },
  };
}

async function stats(store: Store): Promise<QueueStats> {
  const [streamLength, outboxLag, memory] = await store.call((redis) =>
    Promise.all([redis.xlen(store.keys.of('log')), redis.xlen(store.keys.of('outbox')), redis.info('memory')]),
  );
  const figure = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(memory)?.[1] ?? 0);
  return { streamLength, outboxLag, usedMemory: figure('used_memory'), maxMemory: figure('maxmemory') };
}
