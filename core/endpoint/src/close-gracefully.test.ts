import { connect } from 'node:net';
import { expect, it, vi } from 'vitest';
import { closeGracefully } from './close-gracefully.ts';
import { bearer } from './testing/callers.ts';
import { serve } from './testing/serve.ts';

/** An endpoint with a request that runs, one call that answers when it is let go, and a stream. */
async function busyEndpoint() {
  const draining = new AbortController();
  let letGo = (): void => undefined;
  const reached = Promise.withResolvers<void>();
  const served = await serve(() => ({
    draining: draining.signal,
    async applyPipeline() {
      reached.resolve();
      await new Promise<void>((resolve) => (letGo = resolve));
      return served.addPipeline('daily-sales');
    },
  }));
  served.addPipeline('daily-sales');
  served.register('daily-sales');
  const payload = { operation: 'daily-sales', body: {} };
  const id = (await served.call('client', 'POST', '/v1/requests', { payload })).json().id as string;
  const url = await served.listen();
  const stream = await fetch(`${url}/v1/requests/${id}/events`, { headers: bearer('client') });
  const slow = fetch(`${url}/v1/pipelines/daily-sales`, {
    method: 'PUT',
    headers: { ...bearer('author'), 'content-type': 'text/yaml' },
    body: 'pipeline: daily-sales\n',
  });
  await reached.promise;
  return { ...served, draining, url, stream, slow, letGo: () => letGo() };
}

it('is not ready any more, ends streams with word to come back, lets calls end, and then closes', async () => {
  const { app, draining, url, stream, slow, letGo } = await busyEndpoint();
  expect((await fetch(`${url}/v1/health`)).status).toBe(200);
  const closed = closeGracefully(app, { draining, drainMs: 300, graceMs: 60_000 });
  const health = await fetch(`${url}/v1/health`);
  expect([health.status, ((await health.json()) as { checks: object }).checks]).toEqual([
    503,
    { redis: 'ok', accepting: 'failed' },
  ]);
  expect(await stream.text()).toMatch(/retry: 1000\n\n$/);
  letGo();
  expect((await slow).status).toBe(200);
  await closed;
  await vi.waitFor(() => expect(isRefused(url)).resolves.toBe(true));
});

it('cuts what does not end in time', async () => {
  const { app, draining, slow } = await busyEndpoint();
  await closeGracefully(app, { draining, drainMs: 0, graceMs: 50 });
  await expect(slow).rejects.toThrow();
});

function isRefused(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });
}
