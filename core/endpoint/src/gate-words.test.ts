import type { GateList, Logger } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { openQueue, type Queue } from '@slowlane/queue';
import { startRedis, type TestRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { closeAfterEach, serve, type Served } from './testing/serve.ts';

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
let redis: TestRedis;
let queue: Queue;
let served: Served;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  queue = await openQueue({ url: redis.url, prefix: newId('req').toLowerCase(), logger: quiet });
  await queue.gate.declare({ 'res:erp-db': { limit: 2, metric: { name: 'erp-load', above: 0.8, below: 0.6 } } });
  served = await serve(() => ({ gate: queue.gate, events: queue.events, logger: quiet }));
  return () => queue.close();
});
closeAfterEach();

async function closures(method: string, url: string, payload?: object): Promise<string[]> {
  const answer = await served.call('admin', method, url, payload === undefined ? {} : { payload });
  expect(answer.statusCode, answer.body).toBe(200);
  const { gates } = answer.json<GateList>();
  return gates.find(({ dimension }) => dimension === 'res:erp-db')?.closed?.map(({ cause }) => cause) ?? [];
}

describe('a posted metric', () => {
  it('closes the dimensions that name it at its upper mark, and opens them below the lower one', async () => {
    expect(await closures('PUT', '/v1/metrics/erp-load', { value: 0.79 })).toEqual([]);
    expect(await closures('PUT', '/v1/metrics/erp-load', { value: 0.8 })).toEqual(['metric:erp-load']);
    expect(await closures('PUT', '/v1/metrics/erp-load', { value: 0.7 })).toEqual(['metric:erp-load']);
    expect(await closures('PUT', '/v1/metrics/erp-load', { value: 0.5 })).toEqual([]);
  });

  it.each([
    ['/v1/metrics/erp-load', { value: 'high' }, 'body.value'],
    ['/v1/metrics/erp-load', {}, 'body.value'],
    ['/v1/metrics/ERP%20load', { value: 1 }, 'params.name'],
  ])('is refused where name or value are none: %s %j', async (url, payload, field) => {
    const answer = await served.call('admin', 'PUT', url, { payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'request.invalid', detail: expect.stringContaining(field) as string });
  });
});

describe('a busy word', () => {
  it('closes the dimension until the same caller takes it back', async () => {
    const busy = '/v1/gates/res:erp-db/busy';
    const [cause = ''] = await closures('PUT', busy, { reason: 'the nightly load runs' });
    expect(cause).toMatch(/^busy:./);
    expect(await closures('DELETE', busy)).toEqual([]);
    const again = await served.call('admin', 'DELETE', busy);
    expect(again.json()).toMatchObject({ code: 'gate.not-closed' });
    expect(again.statusCode).toBe(409);
  });

  it('needs the scope gate, as a metric does', async () => {
    for (const [url, payload] of [
      ['/v1/gates/res:erp-db/busy', { reason: 'x' }],
      ['/v1/metrics/erp-load', { value: 1 }],
    ] as const) {
      expect((await served.call('client', 'PUT', url, { payload })).json()).toMatchObject({ code: 'auth.scope' });
      expect((await served.call(undefined, 'PUT', url, { payload })).json()).toMatchObject({ code: 'auth.missing' });
    }
  });
});
