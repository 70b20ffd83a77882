import { randomUUID } from 'node:crypto';
import { SlowLaneError } from '@slowlane/contracts';
import type { Bearer } from './bearer.ts';
import { type Call, nameOf } from './call.ts';
import type { Clock } from './clock.ts';
import type { CallOptions } from './databricks-client.ts';
import type { AttemptFailure } from './decide-retry.ts';
import { errorOf } from './error-of.ts';
import { lostConnection } from './lost-connection.ts';
import { retryAfterMs } from './retry-after.ts';
import type { TokenBucket } from './token-bucket.ts';
import type { Transport, WireRequest, WireResponse } from './transport.ts';

export interface AttemptContext {
  host: string;
  userAgent: string;
  transport: Transport;
  bearer: Pick<Bearer, 'get'>;
  bucket(family: Call['family']): TokenBucket;
  clock: Clock;
}

/** How one attempt ended. `final`: no repeat can help, or none is wanted. `refused`: the token that a 401 was about. */
export type Attempt<T> =
  { value: T } | { error: SlowLaneError; failure: AttemptFailure | { how: 'final' }; refused?: string };

/** Reads the answer inside the attempt, so that a body that breaks off counts as a lost answer. */
export type Reader<T> = (response: WireResponse) => Promise<T>;

export const defaultTimeoutMs = 30_000;

/** Takes a token of the family's bucket, sends the call once, and says what came of it. Throws only when the caller's own signal ends it. */
export async function attempt<T>(
  context: AttemptContext,
  call: Call,
  { signal, timeoutMs }: CallOptions,
  read: Reader<T>,
): Promise<Attempt<T>> {
  signal?.throwIfAborted();
  await context.bucket(call.family).take(signal);
  const limitMs = timeoutMs ?? call.timeoutMs ?? defaultTimeoutMs;
  const { signal: timeLimit, clear } = deadline(limitMs);
  try {
    const token = await context.bearer.get();
    const request = await wireRequest(context, call, token);
    const bound = signal === undefined ? timeLimit : AbortSignal.any([signal, timeLimit]);
    const response = await context.transport.send({ ...request, timeoutMs: limitMs, signal: bound });
    if (response.status >= 200 && response.status < 300) return { value: await read(response) };
    return await answeredBadly(context, call, response, token);
  } catch (thrown) {
    if (signal?.aborted === true) throw thrown;
    const { how, error } = lostConnection(thrown, nameOf(call), context.host);
    return { error, failure: { how } };
  } finally {
    clear();
  }
}

/** Cleared once the answer is there: a download's body is bounded by the pause between its pieces, not as a whole. */
function deadline(ms: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException('no answer in time', 'TimeoutError')), ms);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

async function wireRequest(
  context: AttemptContext,
  call: Call,
  token: string,
): Promise<Pick<WireRequest, 'method' | 'path' | 'headers' | 'body'>> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${token}`,
    'user-agent': context.userAgent,
    accept: 'application/json, */*',
    'x-request-id': randomUUID(),
  };
  const path = call.path + queryOf(call.query);
  if (call.json !== undefined) {
    headers['content-type'] = 'application/json';
    return { method: call.method, path, headers, body: JSON.stringify(call.json) };
  }
  if (call.bytes === undefined) return { method: call.method, path, headers, body: undefined };
  headers['content-type'] = 'application/octet-stream';
  headers['content-length'] = String(call.bytes.size);
  return { method: call.method, path, headers, body: await call.bytes.open() };
}

function queryOf(query: Call['query']): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  const pairs = given.map(([key, value]): [string, string] => [key, String(value)]);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

async function answeredBadly(
  context: AttemptContext,
  call: Call,
  response: WireResponse,
  token: string,
): Promise<{ error: SlowLaneError; failure: AttemptFailure | { how: 'final' }; refused?: string }> {
  const { status, headers } = response;
  const askedMs = retryAfterMs(headers['retry-after'], context.clock.now());
  const body = await response.body.text();
  if (status >= 300 && status < 400)
    return { error: redirected(call, status, headers.location), failure: { how: 'final' } };
  const error = errorOf({ status, body, call: nameOf(call), retryAfterMs: askedMs });
  const throttled = error.code === 'workspace.throttled';
  // By status alone these would be the caller's fault; only their text made them temporary.
  const temporary = status < 500 && error.code === 'workspace.unavailable';
  const failure: AttemptFailure = { how: 'answered', status, throttled, temporary, retryAfterMs: askedMs };
  return error.code === 'workspace.unauthenticated' ? { error, failure, refused: token } : { error, failure };
}

/** The API never redirects: this is a login page or a wrong address. */
function redirected(call: Call, status: number, location: string | string[] | undefined): SlowLaneError {
  return new SlowLaneError('workspace.rejected', `${nameOf(call)}: ${status}, sent on to ${String(location)}`, {
    hint: 'Check the address of the workspace in slowlane.yaml, and whether the network may reach it.',
    data: { status, call: nameOf(call) },
  });
}
