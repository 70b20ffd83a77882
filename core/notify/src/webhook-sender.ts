import type { LookupFunction } from 'node:net';
import { type Json, type Logger, SlowLaneError } from '@slowlane/contracts';
import { Webhook } from 'standardwebhooks';
import { Agent, type Dispatcher, request } from 'undici';
import { isNamed } from './callback-check.ts';
import { guardLookup, refuseInnerLiteral } from './guarded-lookup.ts';
import type { WebhookAudience } from './webhook-secret.ts';

export interface WebhookEvent {
  /** The same for each try of one event: receivers tell a repeat by it. */
  id: string;
  type: string;
  body: Json;
  audience: WebhookAudience;
}

export interface WebhookSender {
  /**
   * Posts the event, signed as Standard Webhooks says, and resolves with the 2xx status. Throws `notify.refused` for an address that may
   * not be called, `notify.undeliverable` (temporary) for every other answer, none, or one that took too long.
   *
   * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
   */
  deliver(url: string, event: WebhookEvent): Promise<{ status: number }>;
  close(): Promise<void>;
}

export interface WebhookSenderDeps {
  /** Hosts (`host` or `host:port`) that may be inside our network and may be called by plain http: the operator's own. */
  allow: readonly string[];
  secret(audience: WebhookAudience): string | Promise<string>;
  logger: Logger;
  /** Resolver of host names; the system's by default. */
  lookup?: LookupFunction;
  /** Whole call, milliseconds (default 10,000). */
  timeoutMs?: number;
  /** Epoch milliseconds. */
  now?(): number;
}

/** Sends to strangers: resolves and checks the address it dials, follows no redirect, waits and reads only so much. */
export function createWebhookSender(deps: WebhookSenderDeps): WebhookSender {
  const timeoutMs = deps.timeoutMs ?? 10_000;
  const now = deps.now ?? Date.now;
  const guarded = new Agent({
    ...limits(timeoutMs),
    connect: { lookup: guardLookup(deps.lookup), timeout: timeoutMs },
  });
  const named = new Agent({
    ...limits(timeoutMs),
    connect: { timeout: timeoutMs, ...(deps.lookup === undefined ? {} : { lookup: deps.lookup }) },
  });

  return {
    async deliver(text, event) {
      const url = checkUrl(text, deps.allow);
      const payload = JSON.stringify(event.body);
      const sentAt = new Date(now());
      const webhook = new Webhook(await deps.secret(event.audience));
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'slowlane-webhook/1',
        'webhook-id': event.id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
        'webhook-signature': webhook.sign(event.id, sentAt, payload),
      };
      const dispatcher = isNamed(url, deps.allow) ? named : guarded;
      const status = await post(url, { headers, body: payload, dispatcher, timeoutMs });
      deps.logger.debug({ host: url.host, status, webhookId: event.id }, 'webhook answered');
      if (status >= 200 && status < 300) return { status };
      throw undeliverable(
        url,
        `answered ${status}${status >= 300 && status < 400 ? '; redirects are not followed' : ''}`,
        { status },
      );
    },
    async close() {
      await Promise.all([guarded.destroy(), named.destroy()]);
    },
  };
}

function limits(timeoutMs: number): Agent.Options {
  return {
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: 1_000,
    maxResponseSize: 65_536,
    maxHeaderSize: 16_384,
  };
}

function checkUrl(text: string, allow: readonly string[]): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new SlowLaneError('notify.refused', `"${text}" is not an http or https address`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new SlowLaneError('notify.refused', `the address of ${url.host} holds credentials`);
  }
  if (isNamed(url, allow)) return url;
  refuseInnerLiteral(url.hostname);
  if (url.protocol === 'http:') {
    throw new SlowLaneError('notify.refused', `${url.host} would be called by plain http; https is needed`);
  }
  return url;
}

async function post(
  url: URL,
  call: { headers: Record<string, string>; body: string; dispatcher: Dispatcher; timeoutMs: number },
): Promise<number> {
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: call.headers,
      body: call.body,
      dispatcher: call.dispatcher,
      signal: AbortSignal.timeout(call.timeoutMs),
    });
    const { statusCode } = answer;
    // The answer's text is of no use, and a stranger may send it for ever.
    answer.body.on('error', () => undefined).destroy();
    return statusCode;
  } catch (error) {
    if (error instanceof SlowLaneError) throw error;
    throw undeliverable(url, reasonOf(error), { cause: error });
  }
}

function undeliverable(url: URL, reason: string, details: { status?: number; cause?: unknown }): SlowLaneError {
  // Path and query stay out: they may hold the receiver's own secrets.
  return new SlowLaneError('notify.undeliverable', `${url.origin} ${reason}`, {
    ...(details.cause === undefined ? {} : { cause: details.cause }),
    ...(details.status === undefined ? {} : { data: { status: details.status } }),
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `failed: ${String(error)}`;
  if (error.name === 'TimeoutError') return 'did not answer in time';
  const code = (error as NodeJS.ErrnoException).code;
  return `could not be reached: ${code === undefined ? error.message : `${code} ${error.message}`}`;
}
