import type { GateView } from '@slowlane/contracts';
import type { Ledger } from '@slowlane/ledger';
import type { Queue } from '@slowlane/queue';

/**
 * What people did to the gate after the copy that Redis was restored from: limits, pauses and releases as history knows them. Only for a Redis that
 * went back in time; else it is Redis that knows best.
 */
export async function restoreHands(
  { gate }: Pick<Queue, 'gate'>,
  ledger: Pick<Ledger, 'handLimits' | 'handPauses'>,
  now: number,
): Promise<void> {
  const byHand = new Map((await gate.list()).map((view) => [view.dimension, view]));
  const limits = await ledger.handLimits();
  for (const { dimension, limit, by, reason } of limits)
    if (byHand.get(dimension)?.byHand?.limit !== limit) await gate.set(dimension, limit, by, reason);
  const named = new Set(limits.map(({ dimension }) => dimension));
  for (const [dimension, view] of byHand)
    if (view.byHand !== undefined && !named.has(dimension)) await gate.reset(dimension, 'platform');
  for (const { dimension, cause, isClosed, by, reason, until } of await ledger.handPauses()) {
    const stands = isClosed && (until === undefined || until > now);
    if (stands === isShut(byHand.get(dimension), cause)) continue;
    // A release of all would also open the gate that waits for the reconciliation: a person does that.
    if (!stands && dimension === '*') continue;
    if (!stands) await gate.release(dimension, by, reason);
    else if (cause === 'drain') await gate.drain(dimension, by, reason);
    else await gate.pause(dimension, by, reason, until);
  }
}

function isShut(view: GateView | undefined, cause: string): boolean {
  return view?.closed?.some((closure) => closure.cause === cause) === true;
}
