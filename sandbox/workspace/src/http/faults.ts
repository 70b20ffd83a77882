import { setTimeout as delay } from 'node:timers/promises';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { matchesGlob } from '@slowlane/kit';
import type { Fault } from '../admin/schema.ts';
import type { Identity } from '../identity/open-identity.ts';
import { ApiError } from './api-error.ts';
import { givenToken, isControl, refusal } from './auth.ts';

/** The faults that wait for their calls; kept in memory, so that a restart has none. */
export interface FaultBoard {
  add(fault: Fault): void;
  list(): readonly Fault[];
  clear(): void;
}

export interface FaultOptions {
  /** Told of a call that gets no answer. */
  onCut: (request: FastifyRequest) => void;
  identity: Identity;
}

const applied = new WeakMap<FastifyRequest, Fault>();

/** The fault that a call met, for the record of calls. */
export function faultOf(request: FastifyRequest): Fault | undefined {
  return applied.get(request);
}

/**
 * Spoils the next `count` calls of a route on purpose: `status` answers instead of doing the work, `delay` does it late,
 * `reply-lost` does it and cuts the connection before the answer, `cut` cuts before the work, `wrong-length` announces more bytes than come,
 * `token-expired` ends the caller's OAuth token.
 */
export function registerFaults(app: FastifyInstance, { onCut, identity }: FaultOptions): FaultBoard {
  let faults: Fault[] = [];
  app.addHook('preHandler', async (request, reply) => {
    const fault = takeFault(faults, request);
    if (fault === undefined) return undefined;
    applied.set(request, fault);
    if (fault.kind === 'delay') await delay(fault.delayMs);
    if (fault.kind === 'status' && fault.body === undefined) throw statusOf(fault);
    if (fault.kind === 'status') return reply.status(fault.status).type(fault.contentType).send(fault.body);
    if (fault.kind === 'token-expired') {
      identity.store.expire(identity.now(), givenToken(request) ?? '');
      throw refusal({ refused: 'expired', kind: 'oauth' });
    }
    if (fault.kind === 'cut') {
      onCut(request);
      reply.hijack();
      request.raw.socket.destroy();
    }
    return undefined;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const fault = applied.get(request);
    if (fault?.kind === 'reply-lost') request.raw.socket.destroy();
    if (fault?.kind === 'wrong-length') return sendWrongLength(reply, payload, fault.extraBytes);
    return payload;
  });
  return {
    add: (fault) => void faults.push(fault),
    list: () => faults.filter((fault) => fault.count > 0),
    clear: () => void (faults = []),
  };
}

/** The connection ends before the announced length: on the wire, because Node would refuse to send it. */
function sendWrongLength(reply: FastifyReply, payload: unknown, extraBytes: number): unknown {
  // Ended by hand: a kept connection would leave the caller waiting for the rest.
  const { socket } = reply.raw;
  reply.raw.once('finish', () => socket?.end());
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload) && payload !== undefined) {
    const announced = Number(reply.getHeader('content-length') ?? 0);
    void reply.header('content-length', announced + extraBytes);
    return payload;
  }
  const bytes = Buffer.from(payload ?? '');
  void reply.header('content-length', bytes.length + extraBytes);
  return Readable.from([bytes]);
}

function takeFault(faults: Fault[], request: FastifyRequest): Fault | undefined {
  const path = request.url.split('?')[0] as string;
  if (isControl(request)) return undefined;
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
