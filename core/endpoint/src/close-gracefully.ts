import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

const dropMs = 100;

export interface Closing {
  /** The one of `EndpointDeps.draining`. */
  draining: AbortController;
  /** How long it goes on answering after it has said that it will not: until load balancers have noticed. Milliseconds; 0 = at once. */
  drainMs: number;
  /** What calls under way may still take, before their connections are cut. Milliseconds. */
  graceMs: number;
}

/**
 * Ends the service without a lost call: it says that it is not ready any more, answers until nobody sends new calls here, ends the streams (their
 * clients come back with `Last-Event-ID`, to another node or a later one), lets the calls under way end, and closes.
 */
export async function closeGracefully(app: FastifyInstance, { draining, drainMs, graceMs }: Closing): Promise<void> {
  draining.abort();
  if (drainMs > 0) await pause(drainMs);
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMs);
  // A connection that its client keeps open after the last answer would be waited for as long as it may stay idle.
  const drop = setInterval(() => app.server.closeIdleConnections(), dropMs);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
    clearInterval(drop);
  }
}
