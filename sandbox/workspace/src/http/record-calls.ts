import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { CallStore } from '../store/call-store.ts';
import { faultOf } from './faults.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its address holds a right, which must not be written down: the route stands for it. */
    hidesPath?: boolean;
  }
}

interface Noted {
  token?: string;
  runId?: number;
  jobId?: number;
}

const notes = new WeakMap<FastifyRequest, Noted>();

/** What a route knows about its call and the record shall hold. */
export function noteCall(request: FastifyRequest, noted: Noted): void {
  notes.set(request, { ...notes.get(request), ...noted });
}

/**
 * Writes every call to the store before its answer leaves, also calls that were refused or whose answer is about to be lost. Returns
 * what records a call that never gets an answer.
 */
export function registerRecord(
  app: FastifyInstance,
  calls: CallStore,
  now: () => number,
): (request: FastifyRequest) => void {
  const arrivals = new WeakMap<FastifyRequest, number>();
  app.addHook('onRequest', async (request) => void arrivals.set(request, now()));
  app.addHook('onSend', async (request, reply, payload) => {
    record(request, reply.statusCode);
    return payload;
  });
  return (request) => record(request, 0);

  function record(request: FastifyRequest, status: number): void {
    const noted = notes.get(request);
    calls.add({
      at: arrivals.get(request) ?? now(),
      method: request.method,
      path: pathOf(request).slice(0, 2_000),
      route: request.routeOptions.url ?? '',
      status,
      fault: faultOf(request)?.kind ?? null,
      token: noted?.token ?? null,
      runId: noted?.runId ?? null,
      jobId: noted?.jobId ?? null,
    });
  }
}

function pathOf({ url, routeOptions }: FastifyRequest): string {
  return routeOptions.config.hidesPath === true ? (routeOptions.url ?? '') : (url.split('?')[0] as string);
}
