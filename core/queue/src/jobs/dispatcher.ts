import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@slowlane/contracts';
import type { Redis } from 'ioredis';
import { type Batches, batchesOf } from './batches.ts';
import { buildRecordOf } from '../lanes/build-record.ts';
import {
  type Cargo,
  type FlowNode,
  type FlowOptions,
  buildFlow,
  finishFlow,
  jobIdOf,
  mediateFlow,
  notifyJob,
  submitJob,
} from './flows.ts';
import type { JobQueues } from './job-queues.ts';
import { type BatchKind, isBatchKind } from './schema.ts';
import { settled } from '../redis/settled.ts';
import type { Store } from '../redis/store.ts';

export interface DispatcherDeps {
  store: Store;
  jobs: JobQueues;
  /** Its own connection: it blocks. */
  reader: Redis;
  node: string;
  logger: Logger;
}

/**
 * Makes queue jobs from the outbox. An entry is acknowledged and deleted after its queue job was made; a crash between the two makes it
 * again under the same name, which BullMQ ignores.
 */
export interface Dispatcher {
  /** Takes over what other nodes read and did not finish. */
  takeOver(): Promise<void>;
  /** Removes nodes from the group that are long gone and left nothing. */
  forgetNodes(): Promise<void>;
  close(): Promise<void>;
}

export interface Trigger {
  nonce: string;
  kind: string;
  id: string;
  delayMs: number;
  /** Not to be carried with others. */
  isAlone: boolean;
}

type Entry = [id: string, fields: string[] | null];

const GROUP = 'dispatch';
const TAKE_OVER_AFTER_MS = 3_000;
const GONE_AFTER_MS = 600_000;
/** Entries read at once: one write of queue jobs for all of them. */
const BATCH = 256;

export function startDispatcher(deps: DispatcherDeps): Dispatcher {
  const { store, reader, node } = deps;
  const outbox = store.keys.of('outbox');
  let closed = false;
  const loop = follow();

  async function follow(): Promise<void> {
    for (let pauseMs = 50; !closed;) {
      try {
        const replies = (await reader.xreadgroup(
          'GROUP',
          GROUP,
          node,
          'COUNT',
          BATCH,
          'BLOCK',
          5_000,
          'STREAMS',
          outbox,
          '>',
        )) as [string, Entry[]][] | null;
        if (replies?.[0] !== undefined) await dispatch(deps, replies[0][1]);
        pauseMs = 50;
      } catch (thrown) {
        if (closed) return;
        await recover(thrown);
        await pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, 1_000);
      }
    }
  }
  async function recover(thrown: unknown): Promise<void> {
    deps.logger.debug({ error: String(thrown) }, 'dispatcher');
    await ensureGroup(store).catch(() => undefined);
  }
  async function takeOver(): Promise<void> {
    const [, entries] = (await store.call((redis) =>
      redis.xautoclaim(outbox, GROUP, node, TAKE_OVER_AFTER_MS, '0', 'COUNT', BATCH),
    )) as [string, Entry[]];
    // Made before, perhaps, in company: nobody knows in which.
    if (entries.length > 0) await dispatch(deps, entries, apart);
  }
  async function forgetNodes(): Promise<void> {
    // `[name, x, pending, 0, idle, 12, …]` each.
    const consumers = (await store.call((redis) => redis.xinfo('CONSUMERS', outbox, GROUP))) as (string | number)[][];
    for (const [, name, , pending, , idleMs] of consumers) {
      if (pending !== 0 || Number(idleMs) < GONE_AFTER_MS) continue;
      await store.call((redis) => redis.xgroup('DELCONSUMER', outbox, GROUP, String(name)));
    }
  }
  async function close(): Promise<void> {
    closed = true;
    reader.disconnect();
    // ioredis leaves a queued command unanswered when it is disconnected between two tries to connect.
    await settled(loop, 1_000);
    await store.call((redis) => redis.xgroup('DELCONSUMER', outbox, GROUP, node)).catch(() => undefined);
  }
  return { takeOver, forgetNodes, close };
}

export async function ensureGroup(store: Store): Promise<void> {
  try {
    await store.call((redis) => redis.xgroup('CREATE', store.keys.of('outbox'), GROUP, '0', 'MKSTREAM'));
  } catch (thrown) {
    if (!(thrown instanceof Error) || !thrown.message.startsWith('BUSYGROUP')) throw thrown;
  }
}

function apart(triggers: readonly Trigger[]): Batches {
  return { alone: [...triggers], batches: [] };
}

async function dispatch(deps: DispatcherDeps, entries: readonly Entry[], arrange = batchesOf): Promise<void> {
  const triggers = entries.flatMap(([nonce, fields]) => (fields === null ? [] : triggerOf(nonce, fields)));
  const { alone, batches } = arrange(triggers);
  const flows = await Promise.all(alone.map((trigger) => flowFor(deps.store, trigger)));
  await deps.jobs.add([
    ...flows.filter((flow) => flow !== undefined),
    ...batches.map(({ nonce, job }) => laneFlow(job.kind, job, { prefix: deps.store.keys.bull, nonce, delayMs: 0 })),
  ]);
  await Promise.all(triggers.filter(({ kind }) => kind === 'confirm').map((trigger) => confirm(deps, trigger.id)));
  await deps.store.run(
    'dispatched',
    ...[GROUP, entries.length, ...entries.map(([nonce]) => nonce)],
    ...batches.flatMap(({ nonce, job }) => job.batch.flatMap((one) => [`${job.kind}:${one.id}`, one.nonce, nonce])),
  );
}

function triggerOf(nonce: string, fields: readonly string[]): Trigger {
  const [, kind, , id, , delay, , alone = ''] = fields as [string, string, string, string, string, string];
  return { nonce, kind, id, delayMs: Number(delay), isAlone: alone !== '' };
}

function laneFlow(kind: BatchKind, cargo: Cargo, options: FlowOptions & { delayMs: number }): FlowNode {
  if (kind === 'submit') return submitJob(cargo, options);
  if (kind === 'mediate') return mediateFlow(cargo, options);
  return kind === 'finish' ? finishFlow(cargo, options) : notifyJob(cargo, options);
}

/** The queue jobs that a trigger may have been made into: its own, and those of the batch that has its nonce. */
export async function flowsFor(store: Store, trigger: Trigger): Promise<FlowNode[]> {
  const flow = await flowFor(store, trigger);
  if (flow === undefined || !isBatchKind(trigger.kind)) return flow === undefined ? [] : [flow];
  const { kind, nonce } = trigger;
  return [flow, laneFlow(kind, { kind, batch: [] }, { prefix: store.keys.bull, nonce, delayMs: 0 })];
}

/** The flow that a trigger stands for; `undefined` when nothing is left to do. */
export async function flowFor(store: Store, { kind, id, nonce, delayMs }: Trigger): Promise<FlowNode | undefined> {
  const options = { prefix: store.keys.bull, nonce, delayMs };
  if (isBatchKind(kind)) return laneFlow(kind, id, options);
  if (kind !== 'build') return undefined;
  const [fields] = await store.hashes([`build:${id}`]);
  const build = buildRecordOf(fields ?? {});
  if (build === undefined) return undefined;
  return buildFlow(
    { id, purpose: build.purpose.kind, state: build.state, pushEnded: fields?.['pushOutcome'] !== undefined },
    options,
  );
}

/** Lets the `confirm` of a build run now that the push has ended. One that is not there yet is found by the sweeper. */
export async function confirm({ store, jobs }: Pick<DispatcherDeps, 'store' | 'jobs'>, buildId: string): Promise<void> {
  const nonce = await store.call((redis) => redis.hget(store.keys.of('triggers'), `build:${buildId}`));
  if (nonce !== null) await jobs.promote('confirm', jobIdOf('confirm', buildId, nonce));
}
