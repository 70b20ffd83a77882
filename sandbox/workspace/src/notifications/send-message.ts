import type { DestinationConfig } from './schema.ts';
import { checkAddress } from './destination-address.ts';

export interface SendOptions {
  allowedHosts: readonly string[];
  timeoutMs: number;
  /** Ends the attempt at once. */
  signal: AbortSignal;
}

/** Whether one POST arrived (2xx), and what was said. A redirect is no arrival: it could lead anywhere. Never throws. */
export async function sendMessage(
  webhook: NonNullable<DestinationConfig['generic_webhook']>,
  body: string,
  { allowedHosts, timeoutMs, signal }: SendOptions,
): Promise<{ hasArrived: boolean; answer: string }> {
  try {
    // Again: the list may have become shorter since the destination was made.
    const url = checkAddress(webhook.url, allowedHosts);
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'user-agent': 'slowlane-workspace', ...authorization(webhook) },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    return { hasArrived: response.ok, answer: `HTTP ${response.status}` };
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { message?: string } };
    return { hasArrived: false, answer: (cause?.message ?? message).slice(0, 300) };
  }
}

function authorization({ username, password }: { username?: string | undefined; password?: string | undefined }): {
  authorization?: string;
} {
  if (username === undefined && password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}` };
}
