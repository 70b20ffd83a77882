import {
  type DeliveryControl,
  type DeliveryRecord,
  type EventView,
  type PipelineFile,
  type PipelineStore,
  type RequestLane,
  type RequestRecord,
  type ResultLinks,
  SlowLaneError,
  failureOf,
} from '@slowlane/contracts';
import { parseDuration, repeatTurns } from '@slowlane/kit';
import { deliveryRecords } from './delivery-records.ts';
import { endEventOf } from './end-event.ts';
import { type DeliveryDeps, makeDelivery } from './make-delivery.ts';

export interface NotifierDeps extends DeliveryDeps {
  requests: Pick<RequestLane, 'get'>;
  pipelines: Pick<PipelineStore, 'get'>;
  resultLinks: Pick<ResultLinks, 'links'>;
  /** Where clients reach the service, without a slash at the end. Result links that are paths are put behind it. */
  publicUrl: string;
}

export interface Notifier {
  /**
   * The work of one `notify` queue job: keeps what is to be told, to whom, and tries each once. What fails is tried again by the loop of `start`, on any node and
   * after any restart, until it is dead. Repeatable: an address that answered 2xx is not called again.
   */
  notify(requestId: string): Promise<void>;
  control: DeliveryControl;
  /** Tries what is due and returns when the next is; once an hour it also removes what ended 90 days ago. */
  turn(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

const atOnce = 20;
/** What another node adds, and what a person sends again, is seen after this time at most. */
const longestNapMs = 5_000;
/** What was delivered, or given up, can be looked up for so long. What became of it stays in the archive. */
const keptMs = 90 * 24 * 3_600_000;
const forgetEveryMs = 3_600_000;

export function createNotifier(deps: NotifierDeps): Notifier {
  const now = deps.now ?? Date.now;
  const turns = repeatTurns(turnSafely, { now });

  let forgotAt = 0;

  async function forgetOld(): Promise<void> {
    if (now() - forgotAt < forgetEveryMs) return;
    const forgotten = await deps.deliveries.forget(now() - keptMs);
    forgotAt = now();
    if (forgotten > 0) deps.logger.info({ deliveries: forgotten }, 'deliveries that ended 90 days ago were removed');
  }
  async function turn(): Promise<number> {
    await forgetOld();
    const due = await deps.deliveries.due(now(), atOnce);
    // Side by side: one receiver that is slow holds up no other.
    await Promise.all(due.map((record) => makeDelivery(deps, record)));
    if (due.length === atOnce) return now();
    return Math.min((await deps.deliveries.nextDueAt()) ?? Infinity, now() + longestNapMs);
  }
  async function turnSafely(): Promise<number> {
    return turn().catch((error: unknown) => {
      deps.logger.warn({ failure: failureOf(error) }, 'deliveries could not be looked at; tried again soon');
      return now() + longestNapMs;
    });
  }
  return {
    turn,
    async notify(requestId) {
      const request = await deps.requests.get(requestId);
      if (request === undefined)
        throw new SlowLaneError('request.not-found', `request ${requestId} is gone; nobody was told`);
      await deps.deliveries.add(await recordsOf(deps, request, now()));
      const records = await deps.deliveries.ofRequest(requestId);
      const fresh = records.filter(({ state, dueAt }) => state === 'pending' && dueAt <= now());
      await Promise.all(fresh.map((record) => makeDelivery(deps, record)));
    },
    control: {
      list: (query) => deps.deliveries.list(query),
      redeliver: (id, by) => redeliver(deps, { id, by, now: now() }),
    },
    ...turns,
  };
}

async function redeliver(
  { deliveries, logger }: NotifierDeps,
  { id, by, now }: { id: string; by: string; now: number },
): Promise<DeliveryRecord> {
  const known = await deliveries.get(id);
  if (known === undefined) throw new SlowLaneError('notify.not-found', `there is no delivery ${id}`);
  if (!(await deliveries.revive(id, now)))
    throw new SlowLaneError('notify.not-dead', `delivery ${id} is ${known.state}, not dead`);
  logger.info({ delivery: id, by }, 'sent again by hand');
  return (await deliveries.get(id)) ?? known;
}

async function recordsOf(deps: NotifierDeps, request: RequestRecord, now: number): Promise<DeliveryRecord[]> {
  const revision = await deps.pipelines.get(request.pin.pipeline, request.pin.revision);
  const operation = revision?.file.operation;
  const event = eventOf(deps, request, operation);
  if (event === undefined) throw new Error(`request ${request.id} is ${request.state}: it has not ended`);
  return deliveryRecords(request, operation?.notify ?? [], { event, now });
}

function eventOf(
  deps: NotifierDeps,
  request: RequestRecord,
  operation: PipelineFile['operation'] | undefined,
): EventView | undefined {
  const links = deps.resultLinks
    .links(request, parseDuration(operation?.result.link_ttl ?? '24h'))
    .map((link) => ({ ...link, href: link.href.startsWith('/') ? `${deps.publicUrl}${link.href}` : link.href }));
  return endEventOf(request, links, { self: `${deps.publicUrl}/v1/requests/${request.id}` });
}
