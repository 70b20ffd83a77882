import { isRequestTerminal, requestEndEvents, type RequestRecord, type SlowLaneEvent } from '@slowlane/contracts';
import type { FastifyReply } from 'fastify';
import type { EndpointDeps } from './endpoint-deps.ts';
import { openLive } from './send-live.ts';

const HEARTBEAT_MS = 15_000;
/**
 * A client with more than this unread, bytes, is cut off; it comes back with Last-Event-ID and misses nothing. A history that is longer is sent
 * in pieces of this size, each on a connection of its own.
 */
const MAX_UNREAD = 4 * 1_048_576;
/** A client that has not read the rest of its stream so long after it was ended is cut off. */
const LAST_READ_MS = 60_000;
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
  const missed: string[] = [];
  let missedLength = 0;
  let hasEnded = false;
  let take = (event: SlowLaneEvent): boolean => {
    missedLength += missed[missed.push(frameOf(event)) - 1]?.length ?? 0;
    hasEnded = endTypes.has(event.type);
    return !hasEnded && missedLength < MAX_UNREAD;
  };
  const subscription = await feed.subscribe(request.id, after, (event) => take(event));

  if (missed.length === 0 && isRequestTerminal(request.state)) {
    subscription.close();
    return reply.code(204).send(null);
  }
  openLive(reply, 'text/event-stream; charset=utf-8');
  const out = reply.raw;
  let cutOff: NodeJS.Timeout | undefined;
  const end = (last = ''): void => {
    clearInterval(heartbeat);
    out.end(last);
    cutOff ??= setTimeout(() => out.destroy(), LAST_READ_MS).unref();
  };
  const heartbeat = setInterval(() => out.write(': still here\n\n'), HEARTBEAT_MS);
  // Back soon: another node takes over, or this one starts again.
  const leave = (): void => end('retry: 1000\n\n');
  closing.addEventListener('abort', leave);
  out.on('error', () => undefined);
  out.once('close', () => {
    clearInterval(heartbeat);
    clearTimeout(cutOff);
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
  for (const frame of missed) out.write(frame);
  const hasMore = !hasEnded && missedLength >= MAX_UNREAD;
  if (hasMore) end('retry: 100\n\n');
  else if (hasEnded || isRequestTerminal(request.state) || closing.aborted) end();
  return reply;
}

/** The data is one line: JSON has no raw line breaks. */
function frameOf({ id, type, at, correlationId, subject, data }: SlowLaneEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ id, type, at, correlationId, subject, data })}\n\n`;
}
