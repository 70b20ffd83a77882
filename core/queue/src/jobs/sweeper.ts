import { type GateControl, type Logger, SlowLaneError } from '@slowlane/contracts';
import { confirm, flowsFor } from './dispatcher.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Lanes, failWork } from './fail-work.ts';
import type { GateClock } from '../gate/gate-clock.ts';
import type { JobQueues } from './job-queues.ts';
import type { Pump } from '../gate/pump.ts';
import { redisTime } from '../redis/redis-time.ts';
import type { Store } from '../redis/store.ts';

export interface SweeperDeps {
  store: Store;
  lanes: Lanes;
  jobs: JobQueues;
  pump: Pump;
  gate: Pick<GateControl, 'reconcile'>;
  clock: Pick<GateClock, 'check'>;
  dispatcher: Dispatcher;
  logger: Logger;
  tickMs: number;
  lostAfterMs: number;
}

/** Terminal records stay in Redis this long (and until they are archived). */
const KEEP_MS = 24 * 3_600_000;
/** Work whose flow came to its end so often without ending it is ended as failed. */
const MOST_RETRIGGERS = 5;
/** Every so many ticks the slower checks run too, and the counters of the gate are compared with what they count. */
const SLOW_EVERY = 5;
const RECONCILE_EVERY = 60;

/** Looks after what no message will ever wake again. Every node has one; what two of them do at once is done once. */
export function startSweeper(deps: SweeperDeps): { close(): Promise<void> } {
  let ticks = 0;
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = tick(deps, ticks++)
      .catch((thrown: unknown) => deps.logger.debug({ error: String(thrown) }, 'sweeper'))
      .finally(() => (busy = false));
  }, deps.tickMs);
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}

async function tick(deps: SweeperDeps, ticks: number): Promise<void> {
  await deps.pump.all();
  await deps.clock.check();
  const dispatchedAgain = Number(await deps.store.run('reap', 100));
  if (dispatchedAgain > 0) deps.logger.info({ parts: dispatchedAgain }, 'leases ran out: dispatched again, slots kept');
  await deps.dispatcher.takeOver();
  await promoteConfirms(deps);
  await findLost(deps);
  if (ticks % SLOW_EVERY !== 0) return;
  await deps.dispatcher.forgetNodes();
  while (Number(await deps.store.run('retire', KEEP_MS, 100)) > 0);
  if (ticks % RECONCILE_EVERY === 0) await reconcile(deps);
}

async function reconcile({ gate, logger }: SweeperDeps): Promise<void> {
  const { drift } = await gate.reconcile();
  if (drift.length > 0) logger.error({ drift }, 'counters of the gate were off: corrected');
}

/** The word of git came before its queue job was there, or its promotion was lost. */
async function promoteConfirms(deps: SweeperDeps): Promise<void> {
  const before = (await redisTime(deps.store)) - deps.tickMs;
  const ids = await deps.store.call((redis) =>
    redis.zrange(deps.store.keys.of('confirms'), '-inf', String(before), 'BYSCORE', 'LIMIT', 0, 100),
  );
  for (const id of ids) await confirm(deps, id);
}

async function findLost(deps: SweeperDeps): Promise<void> {
  const flat = (await deps.store.run('lost', deps.lostAfterMs, 50)) as (string | number)[];
  for (let at = 0; at + 2 < flat.length; at += 3) {
    const inOutbox = Number(flat[at + 2]) > 0;
    if (!inOutbox) await checkWork(deps, String(flat[at]), String(flat[at + 1]));
  }
}

async function checkWork(deps: SweeperDeps, work: string, nonce: string): Promise<void> {
  const kind = work.slice(0, work.indexOf(':'));
  const id = work.slice(work.indexOf(':') + 1);
  for (const flow of await flowsFor(deps.store, { kind, id, nonce, delayMs: 0, isAlone: true })) {
    if (await deps.jobs.isAlive(flow)) return;
  }
  const times = Number(await deps.store.run('retrigger', kind, id, nonce));
  if (times > 0) deps.logger.warn({ work, times }, 'its queue job was gone: made again');
  if (times <= MOST_RETRIGGERS) return;
  await failWork(
    deps.lanes,
    { kind, id },
    new SlowLaneError('platform.unexpected', `${work} came to no end in ${times} tries`).toFailure(),
  );
}
