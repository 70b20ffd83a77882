import type { Pump } from '../gate/pump.ts';
import type { Store } from '../redis/store.ts';

interface WalkDeps {
  store: Store;
  pump: Pump;
}

/** So long a walk is left to who took its last step: it is probably alive, and two would only be in each other's way. */
const TAKEN_MS = 1_000;

/**
 * Cancels, deadlines and retries go over all parts of a request, of which there may be 10,000: the script that begins one does the first 500 (of
 * a retry where there are more than 500, none: it only commits), and whoever called it goes on from here. What a dead process leaves of a walk, the
 * gate clock of any node finds. Returns the state of the request after the last step.
 */
export async function finishWalk(deps: WalkDeps, requestId: string): Promise<string> {
  for (;;) {
    const { hasMore, state } = await step(deps, requestId);
    if (!hasMore) return state;
  }
}

/** Finishes one walk that nobody goes on with, if there is one. Returns whether there was. */
export async function finishAbandonedWalk(deps: WalkDeps): Promise<boolean> {
  const { requestId, hasMore } = await step(deps, '');
  if (hasMore) await finishWalk(deps, requestId);
  return requestId !== '';
}

async function step({ store, pump }: WalkDeps, id: string): Promise<Step> {
  const answer = (await store.run('walk-on', id, TAKEN_MS)) as [string, number, number, number, string];
  const [requestId, more, granted, budget, state] = answer;
  await pump.goOn(granted, budget);
  return { requestId, hasMore: more === 1, state };
}

interface Step {
  requestId: string;
  hasMore: boolean;
  state: string;
}
