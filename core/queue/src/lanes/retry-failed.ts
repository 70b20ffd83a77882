import { SlowLaneError } from '@slowlane/contracts';
import { impossibleError } from './impossible-error.ts';
import type { Pump } from '../gate/pump.ts';
import { unsuccessfulParts } from './request-parts.ts';
import type { Store } from '../redis/store.ts';
import { finishWalk } from './walk.ts';

/** Runs again what did not succeed of a request that has ended. */
export async function retryFailed(
  { store, pump }: { store: Store; pump: Pump },
  id: string,
  by: string,
): Promise<{ parts: string[] }> {
  // The end is read before the parts: where it is another one by now, so may they be.
  const ended = (await store.call((redis) => redis.hget(store.keys.of(`req:${id}`), 'endEvent'))) ?? '';
  const { ids, classes } = await unsuccessfulParts(store, id);
  const answer = (await store.run('retry-failed', id, by, ended, JSON.stringify(ids), ids.length, ...classes)) as
    ['parked', number, number, number] | [''] | ['not', string] | ['telling'] | [string, string, string, string];
  const [kind] = answer;
  if (kind === 'parked') {
    const [, granted, budget, more] = answer as ['parked', number, number, number];
    await pump.goOn(granted, budget);
    if (more === 1) await finishWalk({ store, pump }, id);
    return { parts: ids };
  }
  if (kind === '') throw new SlowLaneError('request.not-found', `there is no request ${id} in the live store`);
  if (kind === 'not')
    throw new SlowLaneError('request.not-retryable', `request ${id} is ${answer[1]}, or has no part that failed`);
  if (kind === 'telling')
    throw new SlowLaneError('request.not-retryable', `the end of request ${id} is just being told`, {
      hint: 'Try again in a moment.',
    });
  throw impossibleError(id, answer as string[]);
}
