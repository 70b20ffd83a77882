import { randomBytes } from 'node:crypto';
import type { Principal } from '../identity/principal.ts';

export interface Ticket {
  taskRunId: number;
  viewer: Principal;
}

/** The right to look at one run's Spark UI, as an unguessable part of its address: pages without an origin of their own can send no token. */
export interface Tickets {
  issue(ticket: Ticket): string;
  /** `undefined` for one that never was or is over. */
  find(name: string): Ticket | undefined;
}

const lifeMs = 3_600_000;
const maxCount = 1_000;

/** Kept in memory: they end with the process, as the server that they lead to does. */
export function createTickets(now: () => number): Tickets {
  const tickets = new Map<string, Ticket & { expiresAt: number }>();
  return {
    issue(ticket) {
      const name = randomBytes(24).toString('base64url');
      tickets.set(name, { ...ticket, expiresAt: now() + lifeMs });
      // Oldest first.
      for (const [old, { expiresAt }] of tickets)
        if (expiresAt <= now() || tickets.size > maxCount) tickets.delete(old);
      return name;
    },
    find(name) {
      const found = tickets.get(name);
      return found === undefined || found.expiresAt <= now() ? undefined : found;
    },
  };
}
