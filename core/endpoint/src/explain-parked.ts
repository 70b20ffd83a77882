import type { PartRecord, RequestLane, WaitView } from '@slowlane/contracts';
import { isHeldBack } from '@slowlane/kit';

/** Each explanation is several reads of Redis; the parts behind the first ones wait for the same. */
const MOST = 20;

/** Why the first parts that wait do, at the gate or with a slot and no run yet, by part id. */
export async function explainParked(
  requests: Pick<RequestLane, 'explain'>,
  parts: readonly PartRecord[],
): Promise<Map<string, WaitView>> {
  const waiting = parts.filter(({ state, waiting: why }) => state === 'parked' || isHeldBack(state, why?.dimension));
  const waits = await Promise.all(waiting.slice(0, MOST).map(({ id }) => requests.explain(id)));
  return new Map(waits.flatMap((wait) => (wait === undefined ? [] : [[wait.part, wait] as const])));
}
