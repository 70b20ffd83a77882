import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { matchesGlob } from '@slowlane/kit';
import type { Fault } from '../admin/schema.ts';
import { ApiError } from './api-error.ts';

/** The faults that wait for their calls; kept in memory, so that a restart has none. */
export interface FaultBoard {
  add(fault: Fault): void;
  list(): readonly Fault[];
  clear(): void;
}

const applied = new WeakMap<FastifyRequest, Fault>();

/** The fault that a call met, for the record of calls. */
export function faultOf(request: FastifyRequest): Fault | undefined {
  return applied.get(request);
}

/**
 * Spoils the next `count` calls of a route on purpose: `status` answers instead of doing the work, `delay` does it late,
 * `reply-lost` does it and cuts the connection before the answer, `cut` cuts before the work.
 */
export function registerFaults(app: FastifyInstance, onCut: (request: FastifyRequest) => void): FaultBoard {
  let faults: Fault[] = [];
  app.addHook('preHandler', async (request, reply) => {
    const fault = takeFault(faults, request);
    if (fault === undefined) return;
    applied.set(request, fault);
    if (fault.kind === 'delay') await delay(fault.delayMs);
    if (fault.kind === 'status') throw statusOf(fault);
    if (fault.kind === 'cut') {
      onCut(request);
      reply.hijack();
      request.raw.socket.destroy();
    }
  });
  app.addHook('onSend', async (request, _reply, payload) => {
    if (applied.get(request)?.kind === 'reply-lost') request.raw.socket.destroy();
    return payload;
  });
  return {
    add: (fault) => void faults.push(fault),
    list: () => faults.filter((fault) => fault.count > 0),
    clear: () => void (faults = []),
  };
}

function takeFault(faults: Fault[], request: FastifyRequest): Fault | undefined {
  const path = request.url.split('?')[0] as string;
  if (path.startsWith('/slowlane/')) return undefined;
  const fault = faults.find((candidate) => candidate.count > 0 && matchesRoute(candidate.route, request.method, path));
  if (fault !== undefined) fault.count--;
  return fault;
}

function matchesRoute(route: string, method: string, path: string): boolean {
  const [wanted, glob] = route.split(' ') as [string, string];
  return (wanted === '*' || wanted === method) && matchesGlob(path, glob);
}

function statusOf(fault: Fault & { kind: 'status' }): ApiError {
  const headers: Record<string, string> =
    fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
  return new ApiError(fault.status, fault.errorCode, fault.message, headers);
}
