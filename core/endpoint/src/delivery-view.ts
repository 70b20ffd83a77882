import type { DeliveryRecord, DeliveryView } from '@slowlane/contracts';
import { failureView } from './request-view.ts';

/** Without the query of the address, which often holds the receiver's own token, and without what was sent. */
export function deliveryView(record: DeliveryRecord): DeliveryView {
  const { id, request, pipeline, kind, state, attempt, status, createdAt, updatedAt } = record;
  const url = kind === 'webhook' ? new URL(record.address) : undefined;
  return {
    id,
    request,
    pipeline,
    kind,
    address: url === undefined ? `mailto:${record.address}` : `${url.origin}${url.pathname}`,
    eventId: record.event.id,
    eventType: record.event.type,
    state,
    attempt,
    dueAt: state === 'pending' ? record.dueAt : undefined,
    status,
    failure: failureView(record.failure),
    createdAt,
    updatedAt,
  };
}
