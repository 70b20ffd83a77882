import type { DeliveryRecord, EventView, PipelineFile, RequestRecord } from '@slowlane/contracts';

/** Who hears of the end of a request: webhooks and mail addresses of its pipeline, then its own callback; each address once. */
export function deliveryRecords(
  request: RequestRecord,
  notify: PipelineFile['operation']['notify'],
  { event, now }: { event: EventView; now: number },
): DeliveryRecord[] {
  const targets = new Map<string, Pick<DeliveryRecord, 'kind' | 'address' | 'audience'>>();
  const { pipeline } = request.pin;
  for (const one of notify) {
    const [kind, address] = 'webhook' in one ? (['webhook', one.webhook] as const) : (['email', one.email] as const);
    targets.set(address, { kind, address, audience: { pipeline } });
  }
  const { callback, principal } = request;
  if (callback !== undefined) targets.set(callback, { kind: 'webhook', address: callback, audience: { principal } });
  return [...targets.values()].map((target, index) => ({
    ...target,
    id: `dlv_${request.id.slice('req_'.length)}-${index}`,
    request: request.id,
    correlationId: request.correlationId,
    pipeline,
    event,
    state: 'pending',
    attempt: 0,
    dueAt: now,
    status: undefined,
    failure: undefined,
    createdAt: now,
    updatedAt: now,
  }));
}
