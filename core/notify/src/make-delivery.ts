import {
  type DeliveryRecord,
  type DeliveryStore,
  type EventLog,
  type Failure,
  type Json,
  type Logger,
  SlowLaneError,
  isTemporary,
} from '@slowlane/contracts';
import { mostAttempts, pauseAfter } from './back-off.ts';
import type { MailSender } from './mail-sender.ts';
import type { WebhookSender } from './webhook-sender.ts';

export interface DeliveryDeps {
  deliveries: DeliveryStore;
  events: Pick<EventLog, 'append'>;
  sender: Pick<WebhookSender, 'deliver'>;
  /** Absent = no mail server is configured: mails are dead at once and say so. */
  mail?: Pick<MailSender, 'send'> | undefined;
  logger: Logger;
  /** Epoch milliseconds. */
  now?: (() => number) | undefined;
  /** 0 to 1, for the spread of pauses. */
  random?: (() => number) | undefined;
}

/** Longer than any try takes: a node that dies in a try leaves it to another after this time. */
const inHandMs = 60_000;

/**
 * One try of one delivery. The try is counted before it is made, so that a receiver that ends the process is not tried for ever; a process that dies after the
 * receiver's answer makes one more call with the same id.
 */
export async function makeDelivery(deps: DeliveryDeps, record: DeliveryRecord): Promise<void> {
  const now = deps.now ?? Date.now;
  if (!(await deps.deliveries.take(record, now() + inHandMs))) return;
  const attempt = record.attempt + 1;
  const tried = await send(deps, record);
  if (!('failure' in tried)) {
    await deps.deliveries.settle(record.id, { ...settled('sent', now()), status: tried.status, failure: undefined });
    await tell(deps, record, { type: 'delivery.sent', data: { status: tried.status, attempt } });
    return;
  }
  const { failure } = tried;
  const isDead = failure.kind !== 'temporary' || attempt >= mostAttempts;
  const dueAt = now() + (isDead ? 0 : pauseAfter(attempt, (deps.random ?? Math.random)()));
  const status = typeof failure.data?.['status'] === 'number' ? failure.data['status'] : undefined;
  await deps.deliveries.settle(record.id, { ...settled(isDead ? 'dead' : 'pending', now()), dueAt, status, failure });
  deps.logger.warn({ delivery: record.id, attempt, dead: isDead, code: failure.code }, failure.message);
  const data = { attempt, failure: JSON.parse(JSON.stringify(failure)) as Json, ...(isDead ? { dead: true } : {}) };
  await tell(deps, record, { type: 'delivery.failed', data });
}

function settled(state: DeliveryRecord['state'], now: number) {
  return { state, dueAt: now, updatedAt: now };
}

async function send(
  { sender, mail }: DeliveryDeps,
  { kind, address, event, audience }: DeliveryRecord,
): Promise<{ status: number } | { failure: Failure }> {
  try {
    if (kind === 'webhook') {
      const { id, type } = event;
      return await sender.deliver(address, { id, type, body: event as unknown as Json, audience });
    }
    if (mail === undefined)
      throw new SlowLaneError('notify.refused', `${address} gets no mail: no mail server is configured`, {
        hint: 'Set mail: in slowlane.yaml.',
      });
    return await mail.send(address, event);
  } catch (error) {
    if (!(error instanceof SlowLaneError) || (!error.code.startsWith('notify.') && !isTemporary(error))) throw error;
    return { failure: error.toFailure() };
  }
}

async function tell(
  { events }: DeliveryDeps,
  record: DeliveryRecord,
  { type, data }: { type: 'delivery.sent' | 'delivery.failed'; data: Record<string, Json> },
): Promise<void> {
  await events.append({
    type,
    correlationId: record.correlationId,
    subject: { pipeline: record.pipeline, request: record.request },
    data: { url: shown(record), eventId: record.event.id, delivery: record.id, ...data },
  });
}

/** For the record: without the query, which often holds the receiver's own token. */
export function shown({ kind, address }: Pick<DeliveryRecord, 'kind' | 'address'>): string {
  if (kind === 'email') return `mailto:${address}`;
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}
