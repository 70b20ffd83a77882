import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterEach } from 'vitest';
import { buildEndpoint } from '../build-endpoint.ts';
import type { EndpointDeps } from '../endpoint-deps.ts';
import { bearer, type secrets } from './callers.ts';
import { createMemory, type Memory } from './memory-deps.ts';

const open: FastifyInstance[] = [];

/** Closes what the test served. To be called once in each test file. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const app of open.splice(0)) await app.close();
  });
}

export interface Served extends Memory {
  app: FastifyInstance;
  call(
    who: keyof typeof secrets | undefined,
    method: string,
    url: string,
    more?: InjectOptions,
  ): Promise<LightMyRequestResponse>;
  /** Address on loopback, for what `inject` cannot show: streams and broken connections. */
  listen(): Promise<string>;
}

export async function serve(change: (memory: Memory) => Partial<EndpointDeps> = () => ({})): Promise<Served> {
  const memory = createMemory();
  const app = await buildEndpoint({ ...memory.deps, ...change(memory) });
  open.push(app);
  return {
    ...memory,
    app,
    call: async (who, method, url, more = {}) =>
      await app.inject({
        ...more,
        method: method as NonNullable<InjectOptions['method']>,
        url,
        headers: { ...(who === undefined ? {} : bearer(who)), ...more.headers },
      }),
    listen: () => app.listen({ port: 0, host: '127.0.0.1' }),
  };
}
