import { createHmac } from 'node:crypto';

/** Whose secret signs a webhook: callbacks by the principal who asked, webhooks of a pipeline file by the pipeline. */
export type WebhookAudience = { principal: string } | { pipeline: string };

/**
 * The signing secret of one audience, in the form of Standard Webhooks (`whsec_` and base64 of 32 bytes). Derived, so nothing is
 * stored and a restart changes nothing; one audience learns nothing of another's.
 *
 * @param key secret of this installation, at least 32 bytes
 */
export function deriveWebhookSecret(key: Buffer, audience: WebhookAudience): string {
  const name = 'principal' in audience ? ['principal', audience.principal] : ['pipeline', audience.pipeline];
  const secret = createHmac('sha256', key)
    .update(JSON.stringify(['webhook', ...name]))
    .digest('base64');
  return `whsec_${secret}`;
}
