import { randomBytes } from 'node:crypto';

/** One `git-receive-pack` call under way: what ties the HTTP request to the hooks that git starts for it. */
export interface PushTicket {
  readonly id: string;
  readonly pipeline: string;
  readonly principal: string;
  /** Aborted when the client has gone, or the service closes. */
  readonly gone: AbortController;
  /** The build that the pre-receive hook started. */
  buildId: string | undefined;
  /** Position in the build's log up to which the person has seen it. */
  lastLine: string | undefined;
}

/** The pushes under way, by ticket. A ticket is made when a push is authorised and ends with its backend. */
export class PushTickets {
  readonly #open = new Map<string, PushTicket>();

  issue(pipeline: string, principal: string): PushTicket {
    const id = randomBytes(24).toString('base64url');
    const ticket: PushTicket = {
      id,
      pipeline,
      principal,
      gone: new AbortController(),
      buildId: undefined,
      lastLine: undefined,
    };
    this.#open.set(id, ticket);
    return ticket;
  }

  find(id: string): PushTicket | undefined {
    return this.#open.get(id);
  }

  /** The service stops: every push under way is told so. */
  abortAll(): void {
    for (const ticket of this.#open.values()) ticket.gone.abort();
  }

  end(ticket: PushTicket): void {
    this.#open.delete(ticket.id);
  }
}
