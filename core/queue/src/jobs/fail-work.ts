import type { BuildLane, Failure, Logger, RequestLane } from '@slowlane/contracts';
import type { QueueJobName } from './catalogue.ts';
import type { Store } from '../redis/store.ts';

export interface Lanes {
  requests: RequestLane;
  builds: BuildLane;
  store: Store;
  logger: Logger;
}

/** A part whose submission breaks again and again after its intent was stored is given up after this many times. */
const MOST_FAULTS = 5;

/** Ends what a queue job was for, so that nothing waits for it for ever. Does nothing to what has ended. */
export async function failWork(lanes: Lanes, work: { kind: string; id: string }, failure: Failure): Promise<void> {
  lanes.logger.warn({ ...work, code: failure.code, message: failure.message }, 'ended as failed');
  if (work.kind === 'notify') await notified(lanes.store, work.id);
  else if (work.kind === 'submit') await failPart(lanes, work.id, failure);
  else if (work.kind === 'mediate' || work.kind === 'finish')
    await lanes.requests.end(work.id, { state: 'failed', failure });
  else await lanes.builds.fail(work.id, failure);
}

export async function notified(store: Store, requestId: string): Promise<void> {
  await store.run('notified', requestId);
}

/** The kind of trigger that a queue job comes from. */
export function kindOf(name: QueueJobName): 'build' | 'mediate' | 'finish' | 'submit' | 'notify' {
  if (name === 'prepare' || name === 'split') return 'mediate';
  if (name === 'join') return 'finish';
  if (name === 'submit' || name === 'notify') return name;
  return 'build';
}

/**
 * With an intent stored a run may exist, and its slot must not be given away: the lease brings the part back, and only after several such
 * faults is it ended, loudly.
 */
async function failPart(lanes: Lanes, partId: string, failure: Failure): Promise<void> {
  const [state, faults] = (await lanes.store.run('fault', partId)) as [string, number];
  if (state === 'running' || state === '') return;
  if (state !== 'granted' && faults < MOST_FAULTS) return;
  if (state !== 'granted')
    lanes.logger.error({ partId, faults }, 'given up with a run that may exist: look for it in the workspace');
  await lanes.requests.release(partId, { state: 'failed', failure, runMs: 0, log: undefined });
}
