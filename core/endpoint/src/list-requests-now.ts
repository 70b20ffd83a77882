import type { RequestRecord } from '@slowlane/contracts';
import type { EndpointDeps } from './endpoint-deps.ts';
import { readTail } from './find-trace.ts';

export interface RequestFilter {
  operation?: string | undefined;
  state?: string | undefined;
  principal?: string | undefined;
  tenant?: string | undefined;
  /** Epoch ms of acceptance: from, and before. */
  since?: number | undefined;
  until?: number | undefined;
}

/**
 * A page of requests, newest first, as they are now: history, and over it what the archiver has not taken over yet. So a list right after a
 * 202 has the request. `next` is the id to go on before.
 */
export async function listRequestsNow(
  deps: Pick<EndpointDeps, 'history' | 'events' | 'requests'>,
  filter: RequestFilter,
  page: { limit: number; before?: string | undefined },
): Promise<{ requests: RequestRecord[]; next: string | undefined }> {
  // The stream first: what is archived in between is then in history, and nothing falls between the two.
  const live = await notArchived(deps);
  const past = await deps.history.requests({ ...defined({ ...filter, before: page.before }), limit: page.limit });
  const isFull = past.length === page.limit;
  const last = past.at(-1)?.id;
  const now = new Map(past.map((one) => [one.id, one]));
  for (const one of live) {
    const isOfPage =
      (page.before === undefined || one.id < page.before) && (!isFull || last === undefined || one.id >= last);
    if (isOfPage && matches(one, filter)) now.set(one.id, one);
    else now.delete(one.id);
  }
  const sorted = [...now.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  const requests = sorted.slice(0, page.limit);
  return { requests, next: sorted.length > page.limit ? requests.at(-1)?.id : isFull ? last : undefined };
}

async function notArchived(deps: Pick<EndpointDeps, 'history' | 'events' | 'requests'>): Promise<RequestRecord[]> {
  const ids = new Set((await readTail(deps)).flatMap(({ subject }) => subject.request ?? []));
  return (await Promise.all([...ids].map((id) => deps.requests.get(id)))).filter((one) => one !== undefined);
}

function matches(request: RequestRecord, filter: RequestFilter): boolean {
  return (
    (filter.operation === undefined || request.operation === filter.operation) &&
    (filter.state === undefined || request.state === filter.state) &&
    (filter.principal === undefined || request.principal === filter.principal) &&
    (filter.tenant === undefined || (request.tenant ?? request.principal) === filter.tenant) &&
    (filter.since === undefined || request.acceptedAt >= filter.since) &&
    (filter.until === undefined || request.acceptedAt < filter.until)
  );
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
