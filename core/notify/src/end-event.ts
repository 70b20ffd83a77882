import type { EventType, EventView, Json, RequestRecord, RequestState, ResultLinks } from '@slowlane/contracts';

const typeByState: Partial<Record<RequestState, EventType>> = {
  succeeded: 'request.succeeded',
  'nothing-to-do': 'request.nothing-to-do',
  failed: 'request.failed',
  cancelled: 'request.cancelled',
};

/**
 * What a webhook says about the end of a request, or `undefined` while it has none. The id is that of the end event in the stream (made from
 * the request's where that is not known): a request has one notification event however often it is tried, and after a restart too.
 */
export function endEventOf(
  request: RequestRecord,
  links: ReturnType<ResultLinks['links']>,
  urls: { self: string },
): EventView | undefined {
  const type = typeByState[request.state];
  if (type === undefined) return undefined;
  return {
    id: request.endEventId ?? `evt_${request.id.slice('req_'.length)}`,
    type,
    at: request.endedAt ?? request.acceptedAt,
    correlationId: request.correlationId,
    subject: { pipeline: request.pin.pipeline, request: request.id },
    data: {
      operation: request.operation,
      state: request.state,
      artifact: request.pin.artifact,
      request: urls.self,
      files: links.map(({ name, size, href, expiresAt }) => ({ name, size, href, expiresAt })),
      ...(request.missing === undefined ? {} : { missing: request.missing.map((part) => ({ ...part })) }),
      ...(request.failure === undefined ? {} : { failure: JSON.parse(JSON.stringify(request.failure)) as Json }),
    },
  };
}
