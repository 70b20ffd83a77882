import { SlowLaneError } from '@slowlane/contracts';
import type { OpenCall } from './bearer.ts';
import type { Clock } from './clock.ts';
import { defaultTimeoutMs } from './attempt.ts';
import { errorOf } from './error-of.ts';
import { lostConnection } from './lost-connection.ts';
import { retryAfterMs } from './retry-after.ts';
import type { Transport, WireRequest } from './transport.ts';

export interface OpenCallContext {
  transport: Transport;
  host: string;
  userAgent: string;
  clock: Clock;
}

/** Calls that fetch the token itself. A failure here is the failure of the call that needed the token, and is repeated with it. */
export function openCalls({ transport, host, userAgent, clock }: OpenCallContext): OpenCall {
  return async (path, form) => {
    const method = form === undefined ? 'GET' : 'POST';
    const name = `${method} ${path}`;
    const request: WireRequest = {
      method,
      path,
      headers: { 'user-agent': userAgent, accept: 'application/json', ...formHeaders(form?.basic) },
      body: form?.body,
      timeoutMs: defaultTimeoutMs,
      signal: AbortSignal.timeout(defaultTimeoutMs),
    };
    const { status, headers, body } = await transport.send(request).catch((thrown: unknown) => {
      throw lostConnection(thrown, name, host).error;
    });
    const text = await body.text();
    if (status >= 200 && status < 300) return parsed(text, name);
    throw errorOf({ status, body: text, call: name, retryAfterMs: retryAfterMs(headers['retry-after'], clock.now()) });
  };
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SlowLaneError('workspace.rejected', `${name}: the answer is not JSON: "${text.trim().slice(0, 120)}"`, {
      hint: 'Check the address of the workspace in slowlane.yaml: this may be a login page.',
      cause,
      data: { call: name },
    });
  }
}

function formHeaders(basic: string | undefined): Record<string, string> {
  if (basic === undefined) return {};
  return { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' };
}
