import type { DatabaseSync } from 'node:sqlite';
import type { Logger } from '@slowlane/contracts';
import type { DocumentStore } from '../pools/document-store.ts';
import { type RunRecord, type RunSettings, settingsOf } from '../runs/run-record.ts';
import { inTransaction } from '../store/database.ts';
import type { RunStore } from '../store/run-store.ts';
import { messageOf } from './message-of.ts';
import type { NotificationRecord, NotificationStore, RunEvent } from './notification-store.ts';
import type { DestinationConfig } from './schema.ts';
import { sendMessage } from './send-message.ts';

export interface NotifierOptions {
  database: DatabaseSync;
  notifications: NotificationStore;
  destinations: DocumentStore;
  runs: RunStore;
  workspaceId: string;
  allowedHosts: readonly string[];
  now: () => number;
  logger: Logger;
}

export interface Notifier {
  /** Call once, after the runs were taken up. */
  resume(): void;
  /** Resolves when every message that was due has had its attempt. */
  tick(): Promise<void>;
  close(): Promise<void>;
}

const tickMs = 500;
const maxAttempts = 5;
const timeoutMs = 10_000;
const atOnce = 8;

/**
 * Sends what runs have to tell. Events and messages are in the database, so nothing is lost with the process; a message whose answer was
 * lost with it is sent again (at least once).
 */
export function createNotifier(options: NotifierOptions): Notifier {
  const { notifications, runs, allowedHosts, now, logger } = options;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | undefined;
  const closing = new AbortController();
  return { resume, tick, close };

  function resume(): void {
    timer = setInterval(() => void tick(), tickMs);
    timer.unref();
  }

  function tick(): Promise<void> {
    current ??= pass()
      .catch((error: unknown) => logger.error({ error: String(error) }, 'notifications could not be handled'))
      .finally(() => {
        current = undefined;
      });
    return current;
  }

  async function pass(): Promise<void> {
    if (closing.signal.aborted) return;
    warnOfDurations();
    writeMessages();
    await Promise.all(notifications.due(now(), atOnce).map((message) => deliver(message)));
  }

  /** Events go and their messages come in one step. */
  function writeMessages(): void {
    const events = notifications.events(1_000);
    if (events.length > 0) inTransaction(options.database, () => events.forEach(write));
  }

  function write(event: RunEvent): void {
    notifications.removeEvent(event.seq);
    const run = runs.get(event.runId);
    const task = event.taskRunId === null ? undefined : runs.getTask(event.taskRunId);
    const message = run && messageOf(event, { run, task }, options.workspaceId);
    if (message === undefined) return;
    for (const destinationId of message.destinations)
      notifications.add({ destinationId, event: message.event, body: message.body, runId: event.runId }, now());
  }

  async function deliver(message: NotificationRecord): Promise<void> {
    const { generic_webhook: webhook, email } = configOf(message.destinationId);
    const attempts = message.attempts + 1;
    const never = email === undefined ? 'The destination is gone.' : 'The local workspace sends no mail.';
    const { hasArrived, answer } =
      webhook === undefined
        ? { hasArrived: false, answer: never }
        : await sendMessage(webhook, message.body, { allowedHosts, timeoutMs, signal: closing.signal });
    // What was cut off by the end of this process is tried again by the next one, and does not count.
    if (closing.signal.aborted && !hasArrived) return;
    const isLast = attempts >= maxAttempts || webhook === undefined;
    const state = hasArrived ? 'sent' : isLast ? 'failed' : 'waiting';
    const nextAt = now() + 1_000 * 4 ** (attempts - 1);
    notifications.update(message.id, { state, attempts, nextAt, lastAnswer: answer });
    if (!hasArrived) logger.warn({ notification: message.id, attempts, answer }, 'a notification did not arrive');
  }

  function configOf(destinationId: string): DestinationConfig {
    return (options.destinations.get(destinationId)?.body['config'] ?? {}) as DestinationConfig;
  }

  function warnOfDurations(): void {
    for (const runId of notifications.activeWithHealth()) {
      const run = runs.get(runId);
      if (run === undefined) continue;
      if (isOver(run.settings, run.unqueuedAt ?? run.acceptedAt)) notifications.warnDuration(run.runId, null);
      warnOfTasks(run);
    }
  }

  function warnOfTasks(run: RunRecord): void {
    for (const task of runs.activeTasksOf(run.runId)) {
      if (isOver(settingsOf(run, task), task.startedAt)) notifications.warnDuration(run.runId, task.runId);
    }
  }

  function isOver(settings: Pick<RunSettings, 'health'>, since: number | null): boolean {
    const limit = limitMs(settings);
    return limit !== undefined && since !== null && now() - since > limit;
  }

  async function close(): Promise<void> {
    clearInterval(timer);
    closing.abort();
    await current;
  }
}

function limitMs({ health }: Pick<RunSettings, 'health'>): number | undefined {
  const values = (health?.rules ?? []).map((rule) => rule.value * 1_000);
  return values.length === 0 ? undefined : Math.min(...values);
}
