import {
  type BulkFilter,
  type BulkOutcome,
  failureOf,
  isTemporary,
  type RequestRecord,
  type RequestState,
} from '@slowlane/contracts';
import type { EndpointDeps } from './endpoint-deps.ts';
import { listRequestsNow } from './list-requests-now.ts';

const PAGE = 200;

/**
 * Does one thing to each request that the filter matches and whose state is one of `states`, newest first. One that cannot be is told with
 * its reason and stops nobody else; a store that does not answer ends the whole (`queue.unavailable`), and a repeat goes on where it ended.
 */
export async function doInBulk(
  deps: EndpointDeps,
  { limit, dryRun, ...filter }: BulkFilter,
  act: { states: readonly RequestState[]; one(request: RequestRecord): Promise<unknown> },
): Promise<BulkOutcome> {
  const { found, more } = await matching(deps, filter, { limit, states: act.states });
  const outcome: BulkOutcome = { dryRun, done: [], refused: [], more };
  for (const request of found) {
    try {
      if (!dryRun) await act.one(request);
      outcome.done.push(request.id);
    } catch (thrown) {
      if (isTemporary(thrown)) throw thrown;
      const { code, message } = failureOf(thrown);
      outcome.refused.push({ id: request.id, code, message });
    }
  }
  return outcome;
}

async function matching(
  deps: EndpointDeps,
  filter: Parameters<typeof listRequestsNow>[1],
  { limit, states }: { limit: number; states: readonly RequestState[] },
): Promise<{ found: RequestRecord[]; more: boolean }> {
  const found: RequestRecord[] = [];
  let before: string | undefined;
  do {
    const page = await listRequestsNow(deps, filter, { limit: PAGE, before });
    found.push(...page.requests.filter(({ state }) => states.includes(state)));
    before = page.next;
  } while (before !== undefined && found.length <= limit);
  return { found: found.slice(0, limit), more: found.length > limit };
}
