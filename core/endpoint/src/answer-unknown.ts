import { SlowLaneError } from '@slowlane/contracts';
import type { FastifyInstance } from 'fastify';

/** Tells an address that does not exist (404) from a method that the address does not take (405, with `Allow`). */
export function answerUnknown(app: FastifyInstance): void {
  const known: { method: string; pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of Array.isArray(method) ? method : [method]) known.push({ method: one, pattern: patternOf(url) });
  });
  app.setNotFoundHandler((request) => {
    const path = request.url.split('?', 1)[0] as string;
    const allow = [...new Set(known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))].sort();
    if (allow.length === 0) throw new SlowLaneError('route.not-found', `there is nothing at ${request.method} ${path}`);
    throw new SlowLaneError('route.method-not-allowed', `${path} does not take ${request.method}`, {
      data: { allow: allow.join(', ') },
    });
  });
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}
