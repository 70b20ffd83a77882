import { isRequestTerminal, requestEndEvents, type RequestRecord, type SlowLaneEvent } from '@slowlane/contracts';
import type { FastifyReply } from 'fastify';
import type { EndpointDeps } from './endpoint-deps.ts';
import { openLive } from './send-live.ts';
import type { Readers } from './silent-readers.ts';

const endTypes = new Set<string>(requestEndEvents);

interface Following {
  reply: FastifyReply;
  after: string | undefined;
  closing: AbortSignal;
  readers: Readers;
}

/**
 * Server-sent events of one request, from `after` on, until its end event. A client that has the end event already gets 204, which tells an
 * EventSource not to come back. A history that is longer than what may be unread is sent in pieces of that size, each on a connection of its own.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function streamEvents(
  feed: EndpointDeps['feed'],
  request: RequestRecord,
  { reply, after, closing, readers }: Following,
): Promise<FastifyReply> {
  const missed: string[] = [];
  let missedLength = 0;
  let hasEnded = false;
  let take = (event: SlowLaneEvent): boolean => {
    missedLength += missed[missed.push(frameOf(event)) - 1]?.length ?? 0;
    hasEnded = endTypes.has(event.type);
    return !hasEnded && missedLength < readers.limits.unreadBytes;
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
    out.end(last);
    cutOff ??= setTimeout(() => out.destroy(), readers.limits.silentMs).unref();
  };
  readers.watch(out, ': still here\n\n');
  // Back soon: another node takes over, or this one starts again.
  const leave = (): void => end('retry: 1000\n\n');
  closing.addEventListener('abort', leave);
  out.on('error', () => undefined);
  out.once('close', () => {
    clearTimeout(cutOff);
    closing.removeEventListener('abort', leave);
    subscription.close();
  });
  take = (event) => {
    if (out.destroyed || out.writableEnded) return false;
    out.write(frameOf(event));
    if (endTypes.has(event.type)) end();
    readers.wrote(out);
    return !out.destroyed && !out.writableEnded;
  };
  out.write('retry: 2000\n\n');
  for (const frame of missed) out.write(frame);
  readers.holdTotal();
  const hasMore = !hasEnded && missedLength >= readers.limits.unreadBytes;
  if (hasMore) end('retry: 100\n\n');
  else if (hasEnded || isRequestTerminal(request.state) || closing.aborted) end();
  return reply;
}

/** The data is one line: JSON has no raw line breaks. */
function frameOf({ id, type, at, correlationId, subject, data }: SlowLaneEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ id, type, at, correlationId, subject, data })}\n\n`;
}
