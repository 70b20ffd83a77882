import { isRequestTerminal, requestEndEvents, type RequestRecord, type SlowLaneEvent } from '@slowlane/contracts';
import type { FastifyReply } from 'fastify';
import type { EndpointDeps } from './endpoint-deps.ts';
import { openLive } from './send-live.ts';

const HEARTBEAT_MS = 15_000;
/** A client with more than this unread, bytes, is cut off; it comes back with Last-Event-ID and misses nothing. */
const MAX_UNREAD = 4 * 1_048_576;
const endTypes = new Set<string>(requestEndEvents);

/**
 * Server-sent events of one request, from `after` on, until its end event. A client that has the end event already gets 204, which tells an
 * EventSource not to come back.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function streamEvents(
  feed: EndpointDeps['feed'],
  request: RequestRecord,
  { reply, after, closing }: { reply: FastifyReply; after: string | undefined; closing: AbortSignal },
): Promise<FastifyReply> {
  const waiting: SlowLaneEvent[] = [];
  let take = (event: SlowLaneEvent): boolean => waiting.push(event) > 0;
  const subscription = await feed.subscribe(request.id, after, (event) => take(event));

  if (waiting.length === 0 && isRequestTerminal(request.state)) {
    subscription.close();
    return reply.code(204).send(null);
  }
  openLive(reply, 'text/event-stream; charset=utf-8');
  const out = reply.raw;
  const end = (): void => void out.end();
  const heartbeat = setInterval(() => out.write(': still here\n\n'), HEARTBEAT_MS);
  // Back soon: another node takes over, or this one starts again.
  const leave = (): void => void out.end('retry: 1000\n\n');
  closing.addEventListener('abort', leave);
  out.on('error', () => undefined);
  out.once('close', () => {
    clearInterval(heartbeat);
    closing.removeEventListener('abort', leave);
    subscription.close();
  });
  take = (event) => {
    if (out.destroyed || out.writableEnded) return false;
    out.write(frameOf(event));
    if (endTypes.has(event.type)) end();
    if (out.writableLength > MAX_UNREAD) out.destroy();
    return !out.destroyed && !out.writableEnded;
  };
  out.write('retry: 2000\n\n');
  if (!waiting.every(take) || isRequestTerminal(request.state) || closing.aborted) end();
  return reply;
}

/** The data is one line: JSON has no raw line breaks. */
function frameOf({ id, type, at, correlationId, subject, data }: SlowLaneEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ id, type, at, correlationId, subject, data })}\n\n`;
}
