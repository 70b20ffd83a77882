import { SlowLaneError } from '@slowlane/contracts';
import { impossibleError } from './impossible-error.ts';
import type { Pump } from './pump.ts';
import type { Store } from './store.ts';

/** Runs again what did not succeed of a request that has ended. */
export async function retryFailed(
  { store, pump }: { store: Store; pump: Pump },
  id: string,
  by: string,
): Promise<{ parts: string[] }> {
  const answer = (await store.run('retry-failed', id, by)) as
    ['parked', number, number, string[]] | [''] | ['not', string] | ['telling'] | [string, string, string, string];
  const [kind] = answer;
  if (kind === 'parked') {
    const [, granted, budget, parts] = answer as ['parked', number, number, string[]];
    await pump.goOn(granted, budget);
    return { parts };
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
