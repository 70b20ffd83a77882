import type { FastifyRequest } from 'fastify';

/** Who sent a call. */
export interface Principal {
  id: string;
  kind: 'user' | 'service-principal';
  /** A user's name, or a service principal's application id. */
  name: string;
  displayName: string;
  /** May do everything; others need a right for each object. */
  isAdmin: boolean;
  groups: string[];
}

const callers = new WeakMap<FastifyRequest, Principal>();

export function setPrincipal(request: FastifyRequest, principal: Principal): void {
  callers.set(request, principal);
}

/** Only routes that authentication guards may ask. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = callers.get(request);
  if (principal === undefined) throw new Error(`nobody is known for ${request.method} ${request.url}`);
  return principal;
}
