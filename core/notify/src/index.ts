export { createEventFeed, type EventFeedOptions } from './event-feed.ts';
export {
  createWebhookSender,
  type WebhookEvent,
  type WebhookSender,
  type WebhookSenderDeps,
} from './webhook-sender.ts';
export { createNotifier, type Notifier, type NotifierDeps } from './notifier.ts';
export { checkCallback } from './callback-check.ts';
export { deriveWebhookSecret, type WebhookAudience } from './webhook-secret.ts';
export { createMailSender, mailProblem, type MailSender, type MailSettings } from './mail-sender.ts';
export { createLookupClient } from './lookup-client.ts';
