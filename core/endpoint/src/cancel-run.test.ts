import { type PartRecord, SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();

/** A request with two parts, one of which runs; and a store of links. */
async function running() {
  const cancelled: string[] = [];
  const revoked: object[] = [];
  const served = await serve((memory) => ({
    requests: {
      ...memory.deps.requests,
      async cancelPart(id, by) {
        if (!id.endsWith('-0')) throw new SlowLaneError('run.not-cancellable', `part ${id} has ended: succeeded`);
        cancelled.push(`${id} ${by}`);
        return 'cancelling';
      },
    },
    results: { ...memory.deps.results, revoke: async (request, word) => void revoked.push({ request, ...word }) },
  }));
  served.addPipeline('daily-sales');
  served.register('daily-sales');
  const payload = { operation: 'daily-sales', body: {} };
  const id = (await served.call('client', 'POST', '/v1/requests', { payload })).json().id as string;
  const part = (index: number, state: string) =>
    ({
      id: `${id}-${index}`,
      requestId: id,
      index,
      key: `k${index}`,
      state,
      attempt: 1,
      parkedAt: 1,
      runId: `7${index}`,
    }) as PartRecord;
  served.state.parts.set(id, [{ ...part(0, 'running'), progress: { step: 3, percent: 40 } }, part(1, 'succeeded')]);
  served.emit('part.running', id, {}, { part: `${id}-0`, run: '70' });
  return { ...served, id, cancelled, revoked };
}

describe('POST /v1/runs/{id}/cancel', () => {
  it('cancels one part, by its run or its own id, in the name of the caller', async () => {
    const { call, id, cancelled } = await running();
    const answer = await call('client', 'POST', '/v1/runs/70/cancel');
    expect([answer.statusCode, answer.json()]).toEqual([
      202,
      { runId: '70', part: `${id}-0`, request: id, state: 'cancelling', workspace: 'local' },
    ]);
    await call('client', 'POST', `/v1/runs/${id}-0/cancel`);
    expect(cancelled).toEqual([`${id}-0 client`, `${id}-0 client`]);
  });

  it('is refused for what has ended, and to who may only read', async () => {
    const { call, id, cancelled } = await running();
    expect((await call('client', 'POST', `/v1/runs/${id}-1/cancel`)).json()).toMatchObject({
      status: 409,
      code: 'run.not-cancellable',
    });
    expect((await call('read', 'POST', `/v1/runs/${id}-0/cancel`)).statusCode).toBe(403);
    expect((await call('client', 'POST', '/v1/runs/99/cancel')).statusCode).toBe(404);
    expect(cancelled).toEqual([]);
  });
});

it('shows what the driver last said in the view of its request', async () => {
  const { call, id } = await running();
  const { parts } = (await call('client', 'GET', `/v1/requests/${id}`)).json();
  expect(parts.map((part: { progress?: object }) => part.progress)).toEqual([{ step: 3, percent: 40 }, undefined]);
});

it('revokes links to results for who may make the request', async () => {
  const { call, id, revoked } = await running();
  const revoke = (who: 'client' | 'read', payload: object) =>
    call(who, 'POST', `/v1/requests/${id}/result/revoke`, { payload });
  expect((await revoke('client', {})).json()).toEqual({ request: id, revoked: 'all' });
  expect((await revoke('client', { link: 'http://x/y' })).json()).toEqual({ request: id, revoked: 'one' });
  expect((await revoke('read', {})).statusCode).toBe(403);
  expect(revoked).toEqual([
    { request: id, by: 'client' },
    { request: id, by: 'client', link: 'http://x/y' },
  ]);
});
