import type { PartRecord, RequestLane, WaitView } from '@slowlane/contracts';

/** Each explanation is several reads of Redis; the parts behind the first ones wait for the same. */
const MOST = 20;

/** Why the first parked parts wait, by part id. */
export async function explainParked(
  requests: Pick<RequestLane, 'explain'>,
  parts: readonly PartRecord[],
): Promise<Map<string, WaitView>> {
  const parked = parts.filter(({ state }) => state === 'parked').slice(0, MOST);
  const waits = await Promise.all(parked.map(({ id }) => requests.explain(id)));
  return new Map(waits.flatMap((wait) => (wait === undefined ? [] : [[wait.part, wait] as const])));
}
