import type { SlowLaneEvent } from '@slowlane/contracts';
import { compareStreamIds } from '@slowlane/kit';

/** More than this waiting behind a catch-up means that the listener would be dropped anyway. */
const MAX_WAITING = 10_000;

/** One listener: takes each event once and in order, whether it comes from the archive, the stream or live. */
export class Subscription {
  /** Id of the last event that was handed over. */
  position: string;
  private readonly listener: (event: SlowLaneEvent) => boolean;
  /** Live events that came while older ones are still being read; `undefined` = caught up. */
  private waiting: SlowLaneEvent[] | undefined = [];
  private dropped = false;

  constructor(after: string, listener: (event: SlowLaneEvent) => boolean) {
    this.position = after;
    this.listener = listener;
  }

  pause(): void {
    this.waiting ??= [];
  }

  /** False: it takes no more. */
  missed(event: SlowLaneEvent): boolean {
    return this.hand(event);
  }

  /** False: drop this listener. */
  live(event: SlowLaneEvent): boolean {
    if (this.waiting === undefined) return this.hand(event);
    this.waiting.push(event);
    this.dropped ||= this.waiting.length > MAX_WAITING;
    return !this.dropped;
  }

  /** Hands over what came meanwhile and goes live. False: drop this listener. */
  resume(): boolean {
    for (const event of this.waiting ?? []) this.hand(event);
    this.waiting = undefined;
    return !this.dropped;
  }

  private hand(event: SlowLaneEvent): boolean {
    if (this.dropped || compareStreamIds(event.id, this.position) <= 0) return !this.dropped;
    this.position = event.id;
    this.dropped = !this.listener(event);
    return !this.dropped;
  }
}
