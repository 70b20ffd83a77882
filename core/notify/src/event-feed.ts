import { setTimeout as delay } from 'node:timers/promises';
import type { EventFeed, EventLog, Logger, SlowLaneEvent } from '@slowlane/contracts';
import { compareStreamIds, streamStart } from '@slowlane/kit';
import { Listeners } from './listeners.ts';
import { Subscription } from './subscription.ts';

export interface EventFeedOptions {
  /**
   * Archived events of a request behind an event id (others among them are left out), oldest first: for what the stream no longer holds. It is
   * asked again behind the last one until nothing newer comes that is not live, so it may give them in pieces.
   */
  history?(requestId: string, after: string): Promise<SlowLaneEvent[]>;
  /** Id of the newest archived event: the stream is looked through from there. Without it, from its start. */
  cursor?(): Promise<string>;
  logger?: Logger;
  /** How long one read of the stream waits, milliseconds (default 1,000). `close` takes up to this long. */
  blockMs?: number;
}

const BATCH = 500;

/**
 * Live events for many listeners from one reader of the stream. The reader starts with the first listener. A late listener first gets what
 * it missed, then live events; each once and in order. When the stream could not be read for a while, every listener catches up in the
 * same way, since the archiver may have trimmed meanwhile.
 */
export function createEventFeed(
  events: Pick<EventLog, 'read' | 'last'>,
  options: EventFeedOptions = {},
): EventFeed & { close(): Promise<void> } {
  const listeners = new Listeners();
  const closing = new AbortController();
  /** Id of the last event that was fanned out: what lies up to here is for catching up, what comes after is live. */
  let position = streamStart;
  let ready: Promise<void> | undefined;
  let reader: Promise<void> | undefined;

  return {
    async subscribe(requestId, after, listener) {
      await start();
      const subscription = new Subscription(after ?? streamStart, listener);
      listeners.add(requestId, subscription);
      try {
        await catchUp(requestId, subscription);
      } catch (error) {
        listeners.remove(requestId, subscription);
        throw error;
      }
      return { close: () => listeners.remove(requestId, subscription) };
    },
    async close() {
      closing.abort();
      listeners.clear();
      await reader;
    },
  };

  async function start(): Promise<void> {
    ready ??= moveToEnd();
    try {
      await ready;
    } catch (error) {
      ready = undefined;
      throw error;
    }
    reader ??= readOn();
  }

  async function moveToEnd(): Promise<void> {
    position = await events.last();
  }

  async function readOn(): Promise<void> {
    let interrupted = false;
    while (!closing.signal.aborted) {
      try {
        if (interrupted) await catchUpAll();
        interrupted = false;
        for (const event of await events.read(position, BATCH, options.blockMs ?? 1_000)) {
          position = event.id;
          listeners.hand(event);
        }
      } catch (error) {
        interrupted = true;
        options.logger?.warn({ error: String(error) }, 'the event stream cannot be read; trying again');
        await delay(500, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  async function catchUpAll(): Promise<void> {
    for (const [, subscription] of listeners.all()) subscription.pause();
    await moveToEnd();
    for (const [requestId, subscription] of listeners.all()) await catchUp(requestId, subscription);
  }

  async function catchUp(requestId: string, subscription: Subscription): Promise<void> {
    // The stream first, then the archive: what is trimmed before the first read has been archived before the second.
    const inStream = await readStream(requestId, subscription.position);
    await readArchive(requestId, subscription);
    for (const event of inStream) subscription.missed(event);
    if (!subscription.resume()) listeners.remove(requestId, subscription);
  }

  async function readArchive(requestId: string, subscription: Subscription): Promise<void> {
    // What comes behind this is live: the archive may grow for ever.
    const upTo = position;
    for (let before = ''; before !== subscription.position && !closing.signal.aborted;) {
      before = subscription.position;
      if (compareStreamIds(before, upTo) >= 0) return;
      for (const event of (await options.history?.(requestId, before)) ?? [])
        if (event.subject.request === requestId && !subscription.missed(event)) return;
    }
  }

  async function readStream(requestId: string, after: string): Promise<SlowLaneEvent[]> {
    const found: SlowLaneEvent[] = [];
    const archived = (await options.cursor?.()) ?? streamStart;
    let from = compareStreamIds(archived, after) > 0 ? archived : after;
    while (!closing.signal.aborted && compareStreamIds(from, position) < 0) {
      const batch = await events.read(from, BATCH, 0);
      const last = batch.at(-1);
      if (last === undefined) break;
      found.push(...batch.filter((event) => event.subject.request === requestId));
      from = last.id;
    }
    return found;
  }
}
