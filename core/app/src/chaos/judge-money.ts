import type { SlowLaneEvent } from '@slowlane/contracts';
import type { Asked } from './load.ts';
import { budget, budgetDimension } from './operations.ts';
import type { System } from './system.ts';

export interface Money {
  /** What was found wrong, in words. */
  found: string[];
  /** What the tenant's parts have cost, by their events; millionths. */
  spentMicros: number;
}

/**
 * The budget of one tenant: each of its requests claims it, what is used up is granted to nobody, and gate, stream and ledger have counted the same. Who
 * sent what is told by the clients' own log.
 */
export async function judgeMoney(
  { queue, ledger }: System,
  { acknowledged, events }: { acknowledged: ReadonlyMap<string, Asked>; events: readonly SlowLaneEvent[] },
): Promise<Money> {
  const own = new Set([...acknowledged].flatMap(([id, { tenant }]) => (tenant === budget.tenant ? [id] : [])));
  const ofTenant = events.filter(({ subject }) => own.has(subject.request ?? ''));
  const spentMicros = sumOf(ofTenant, 'part.ended', 'costMicros');
  const view = (await queue.gate.list()).find(({ dimension }) => dimension === budgetDimension);
  // A month that ended during the load has taken along what was spent in it.
  const earlier = sumOf(
    events.filter(({ data }) => data['dimension'] === budgetDimension),
    'gate.month',
    'spent',
  );
  const booked = (view?.taken ?? 0) + earlier;
  let kept = 0;
  for (const id of own) kept += (await ledger.history.request(id))?.costMicros ?? 0;
  return {
    spentMicros,
    found: [
      ...unclaimed(ofTenant),
      ...grantedBeyond(events, own),
      ...(booked === spentMicros ? [] : [`the budget has booked ${booked}, the parts have cost ${spentMicros}`]),
      ...(kept === spentMicros ? [] : [`the ledger has ${kept}, the parts have cost ${spentMicros}`]),
    ],
  };
}

function unclaimed(events: readonly SlowLaneEvent[]): string[] {
  return events.flatMap(({ type, subject, data }) =>
    type !== 'request.mediated' || Object.hasOwn(data['claim'] as object, budgetDimension)
      ? []
      : [`${subject.request} does not claim ${budgetDimension}`],
  );
}

/** Parts of the tenant that were let through while the limit by hand stood that leaves nothing. */
function grantedBeyond(events: readonly SlowLaneEvent[], own: ReadonlySet<string>): string[] {
  let isUsedUp = false;
  return events.flatMap(({ type, subject, data }) => {
    if (type === 'gate.limit' && data['dimension'] === budgetDimension) isUsedUp = typeof data['limit'] === 'number';
    const isBeyond = type === 'part.granted' && isUsedUp && own.has(subject.request ?? '');
    return isBeyond ? [`${subject.part} was granted beyond ${budgetDimension}`] : [];
  });
}

function sumOf(events: readonly SlowLaneEvent[], wanted: SlowLaneEvent['type'], field: string): number {
  return events.reduce((sum, { type, data }) => sum + (type === wanted ? Number(data[field] ?? 0) : 0), 0);
}
