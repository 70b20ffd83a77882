import type { SlowLaneEvent } from '@slowlane/contracts';
import type { Subscription } from './subscription.ts';

/** Subscriptions by the request they listen to. */
export class Listeners {
  private readonly byRequest = new Map<string, Set<Subscription>>();

  add(requestId: string, subscription: Subscription): void {
    const known = this.byRequest.get(requestId);
    if (known === undefined) this.byRequest.set(requestId, new Set([subscription]));
    else known.add(subscription);
  }

  remove(requestId: string, subscription: Subscription): void {
    const known = this.byRequest.get(requestId);
    known?.delete(subscription);
    if (known?.size === 0) this.byRequest.delete(requestId);
  }

  clear(): void {
    this.byRequest.clear();
  }

  all(): [string, Subscription][] {
    return [...this.byRequest].flatMap(([requestId, known]) =>
      [...known].map((subscription): [string, Subscription] => [requestId, subscription]),
    );
  }

  /** Hands a live event to those it is for, and drops who is too slow. */
  hand(event: SlowLaneEvent): void {
    const requestId = event.subject.request;
    if (requestId === undefined) return;
    for (const subscription of this.byRequest.get(requestId) ?? []) {
      if (!subscription.live(event)) this.remove(requestId, subscription);
    }
  }
}
