import {
  type EventLog,
  type EventView,
  type Failure,
  type Json,
  type Logger,
  type PipelineStore,
  type RequestLane,
  type RequestRecord,
  type ResultLinks,
  SlowLaneError,
} from '@slowlane/contracts';
import { parseDuration } from '@slowlane/kit';
import { endEventOf } from './end-event.ts';
import type { WebhookAudience } from './webhook-secret.ts';
import type { WebhookSender } from './webhook-sender.ts';

export interface NotifierDeps {
  requests: Pick<RequestLane, 'get'>;
  events: Pick<EventLog, 'append'>;
  sender: Pick<WebhookSender, 'deliver'>;
  pipelines: Pick<PipelineStore, 'get'>;
  resultLinks: Pick<ResultLinks, 'links'>;
  /** Where clients reach the service, without a slash at the end. Result links that are paths are put behind it. */
  publicUrl: string;
  logger: Logger;
}

export interface Notifier {
  /**
   * The work of one `notify` queue job: tells the request's callback and its pipeline's webhooks how it ended. Repeatable: an address that
   * answered 2xx is not called again by this process; after a crash it may be, with the same `webhook-id`. Throws `notify.undeliverable`
   * (temporary) when some address is worth another try.
   */
  notify(requestId: string): Promise<void>;
}

const MAX_UNFINISHED = 10_000;

interface Address {
  url: string;
  audience: WebhookAudience;
}

export function createNotifier(deps: NotifierDeps): Notifier {
  const tries = new Map<string, Tries>();

  return {
    async notify(requestId) {
      const request = await deps.requests.get(requestId);
      if (request === undefined)
        throw new SlowLaneError('request.not-found', `request ${requestId} is gone; nobody was told`);
      const { addresses, event } = await prepare(deps, request);
      const { done, attempt } = nextTry(tries, requestId);
      const failed: Failure[] = [];
      for (const address of addresses.filter(({ url }) => !done.has(url))) {
        const failure = await tell(deps, request, { address, event, attempt });
        if (failure?.kind === 'temporary') failed.push(failure);
        else done.add(address.url);
      }
      if (failed[0] !== undefined) throw SlowLaneError.from(failed[0]);
      tries.delete(requestId);
    },
  };
}

/** What this process has done for a request that is not finished: addresses that need no further try, and the number of tries. */
interface Tries {
  done: Set<string>;
  attempt: number;
}

function nextTry(tries: Map<string, Tries>, requestId: string): Tries {
  const next = {
    done: tries.get(requestId)?.done ?? new Set<string>(),
    attempt: (tries.get(requestId)?.attempt ?? 0) + 1,
  };
  tries.set(requestId, next);
  // Requests whose tries were used up are never finished here: they must not stay for ever.
  const oldest = tries.keys().next().value;
  if (tries.size > MAX_UNFINISHED && oldest !== undefined) tries.delete(oldest);
  return next;
}

async function prepare(
  deps: NotifierDeps,
  request: RequestRecord,
): Promise<{ addresses: Address[]; event: EventView }> {
  const pipeline = await deps.pipelines.get(request.pin.pipeline, request.pin.revision);
  const operation = pipeline?.file.operation;
  const links = deps.resultLinks
    .links(request, parseDuration(operation?.result.link_ttl ?? '24h'))
    .map((link) => ({ ...link, href: link.href.startsWith('/') ? `${deps.publicUrl}${link.href}` : link.href }));
  const event = endEventOf(request, links, { self: `${deps.publicUrl}/v1/requests/${request.id}` });
  if (event === undefined) throw new Error(`request ${request.id} is ${request.state}: it has not ended`);
  return { addresses: addressesOf(request, operation?.notify ?? []), event };
}

function addressesOf(request: RequestRecord, webhooks: readonly { webhook: string }[]): Address[] {
  const addresses = new Map<string, Address>();
  for (const { webhook } of webhooks) {
    addresses.set(webhook, { url: webhook, audience: { pipeline: request.pin.pipeline } });
  }
  if (request.callback !== undefined) {
    addresses.set(request.callback, { url: request.callback, audience: { principal: request.principal } });
  }
  return [...addresses.values()];
}

async function tell(
  deps: NotifierDeps,
  request: RequestRecord,
  delivery: { address: Address; event: EventView; attempt: number },
): Promise<Failure | undefined> {
  const { address, event, attempt } = delivery;
  const about = {
    correlationId: request.correlationId,
    subject: { pipeline: request.pin.pipeline, request: request.id },
  };
  try {
    const { id, type } = event;
    const { status } = await deps.sender.deliver(address.url, {
      id,
      type,
      body: event as unknown as Json,
      audience: address.audience,
    });
    await deps.events.append({
      ...about,
      type: 'delivery.sent',
      data: { url: shown(address.url), status, attempt, eventId: id },
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof SlowLaneError) || !error.code.startsWith('notify.')) throw error;
    const failure = error.toFailure();
    deps.logger.warn({ requestId: request.id, attempt, code: failure.code }, failure.message);
    const data = {
      url: shown(address.url),
      attempt,
      eventId: event.id,
      failure: JSON.parse(JSON.stringify(failure)) as Json,
    };
    await deps.events.append({ ...about, type: 'delivery.failed', data });
    return failure;
  }
}

/** For the record: without the query, which often holds the receiver's own token. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
