import { randomUUID } from 'node:crypto';
import { type Job, Worker } from 'bullmq';
import type { GateControl } from '@slowlane/contracts';
import { inTurns } from '@slowlane/kit';
import type { Redis } from 'ioredis';
import { type ActiveJobs, createActiveJobs } from './active-jobs.ts';
import { type QueueJobName, catalogue, queueJobNames } from './catalogue.ts';
import type { Connector } from '../redis/connections.ts';
import { ensureGroup, startDispatcher } from './dispatcher.ts';
import type { Lanes } from './fail-work.ts';
import { startGateClock } from '../gate/gate-clock.ts';
import { createJobQueues } from './job-queues.ts';
import type { Pump } from '../gate/pump.ts';
import type { Processors, WorkOptions, Workers } from '../queue.ts';
import { isBatch, runBatch } from './run-batch.ts';
import { type AnyProcessor, EndedElsewhere, ProcessStops, pauseOf, runJob } from './run-job.ts';
import type { Store } from '../redis/store.ts';
import { settled } from '../redis/settled.ts';
import { startSweeper } from './sweeper.ts';

export interface WorkDeps {
  connect: Connector;
  lanes: Lanes;
  pump: Pump;
  gate: Pick<GateControl, 'reconcile'>;
}

/** BullMQ fails a job that stalled once too often, without a word to us: our own poison count ends it instead. */
const NEVER_STALLED_TOO_OFTEN = 1_000_000;
/** Aborted processors and a Redis that is away may keep a worker from closing; what it held is taken over by others. */
const ABORTED_MS = 3_000;
const LAST_WORD_MS = 500;

export async function startWork(deps: WorkDeps, processors: Processors, options: WorkOptions = {}): Promise<Workers> {
  const { connect, lanes, pump } = deps;
  const { store, logger } = lanes;
  const prefix = store.keys.bull;
  const node = `${process.pid}-${randomUUID()}`;
  const active = createActiveJobs();
  await ensureGroup(store);
  const ends = await followEnds(deps, active);
  const jobs = createJobQueues(connect('queue'), { prefix, logger });
  const dispatcher = startDispatcher({ store, jobs, reader: connect('blocking'), node, logger });
  const clock = await startGateClock({ store, pump, subscriber: ends, logger });
  const sweeper = startSweeper({
    store,
    lanes,
    jobs,
    pump,
    gate: deps.gate,
    clock,
    dispatcher,
    logger,
    tickMs: options.tickMs ?? 1_000,
    lostAfterMs: options.lostAfterMs ?? 20_000,
  });
  const connection = connect('queue');
  const workers = withConfirm(lanes, processors).map(([name, processor]) => startWorker(name, processor));
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));

  function startWorker(name: QueueJobName, processor: AnyProcessor): Worker {
    const lockMs = options.lockMs ?? 15_000;
    const concurrency = options.concurrency?.[name] ?? catalogue[name].concurrency;
    const running = { lanes, active, inTurn: inTurns(concurrency) };
    const run = (job: Job, token?: string): Promise<void> =>
      isBatch(job) ? runBatch(running, name, processor, job) : runJob(running, name, processor, job, token);
    const worker = new Worker(name, run, {
      connection,
      prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: Math.ceil(lockMs / 3),
      maxStalledCount: NEVER_STALLED_TOO_OFTEN,
      settings: { backoffStrategy: (attemptsMade, _type, error) => pauseOf(name, attemptsMade, error) },
    });
    worker.on('error', (error: Error) => logger.debug({ queue: name, error: error.message }, 'worker'));
    return worker;
  }
  async function close(graceMs = 10_000): Promise<void> {
    const reachable = await isReachable(store);
    const closed = Promise.all(workers.map((worker) => worker.close()));
    if (!(await settled(closed, reachable ? graceMs : 0))) active.abortAll(new ProcessStops('this process stops'));
    await settled(clock.close(), LAST_WORD_MS);
    ends.disconnect();
    if (!(await settled(closed, reachable ? ABORTED_MS : LAST_WORD_MS)))
      for (const worker of workers) worker.disconnect().catch(() => undefined);
    const others = Promise.all([sweeper.close(), dispatcher.close(), jobs.close()]);
    // What they still want to say to a Redis that is away, other nodes say later.
    if (reachable) await others;
    else await settled(others, LAST_WORD_MS);
    connection.disconnect();
  }
  return { close };
}

/** While Redis is away nothing that runs can be brought to its end. */
async function isReachable(store: Store): Promise<boolean> {
  return store
    .call((redis) => redis.ping())
    .then(
      () => true,
      () => false,
    );
}

/** The ends of builds and requests, as they happen. A missed message costs nothing: the next stage looks at the state. */
async function followEnds({ connect, lanes }: WorkDeps, active: ActiveJobs): Promise<Redis> {
  const subscriber = connect('subscriber');
  const ends = lanes.store.keys.of('ends');
  subscriber.on('message', (channel: string, subject: string) => {
    if (channel === ends) active.abort(subject, new EndedElsewhere(`${subject} has ended`));
  });
  await subscriber.subscribe(ends);
  return subscriber;
}

/** The processors given, and our own for `confirm` beside `register`. */
function withConfirm({ builds }: Lanes, processors: Processors): [QueueJobName, AnyProcessor][] {
  const all: Processors = { ...processors };
  if (processors.register !== undefined && processors.confirm === undefined) {
    // Runs when git has told the end of the push, or after a day without a word: then the push is given up. The first answer stands.
    all.confirm = ({ buildId }) => builds.confirmPush(buildId, 'aborted');
  }
  return queueJobNames.flatMap((name) => {
    const processor = all[name];
    return processor === undefined ? [] : [[name, processor as AnyProcessor] as [QueueJobName, AnyProcessor]];
  });
}
