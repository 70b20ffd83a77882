import type { BulkOutcome, GateList, Logger, RequestList } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { openQueue, type Queue } from '@slowlane/queue';
import { startRedis, type TestRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bearer } from './testing/callers.ts';
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
  served = await serve(() => ({
    requests: queue.requests,
    gate: queue.gate,
    builds: queue.builds,
    events: queue.events,
    logger: quiet,
  }));
  served.addPipeline('daily-sales');
  served.register('daily-sales');
  return () => queue.close();
});
closeAfterEach();

async function create(more: object = {}, who: 'client' | 'admin' = 'client') {
  return await served.call(who, 'POST', '/v1/requests', {
    payload: { operation: 'daily-sales', body: { month: 3 }, ...more },
  });
}

async function idOf(more: object = {}, who: 'client' | 'admin' = 'client'): Promise<string> {
  const answer = await create(more, who);
  expect(answer.statusCode, answer.body).toBe(202);
  return answer.json().id;
}

/** As the mediator does, with the claim that the gate has to bear. */
async function park(id: string, dimensions: Record<string, number>): Promise<void> {
  await queue.requests.beginMediation(id);
  await queue.requests.park(id, {
    mediated: {},
    parts: [{ key: 'all', document: {} }],
    claim: { dimensions, priority: 5 },
    resultPath: `/Volumes/main/reports/${id}`,
  });
}

async function fail(id: string): Promise<void> {
  await park(id, { '*': 1 });
  const part = `${id}-0`;
  await queue.requests.claim(part, 'n1', 30_000);
  const failure = { code: 'run.failed', kind: 'user', message: 'no', hint: 'look' } as const;
  expect(await queue.requests.release(part, { state: 'failed', failure, runMs: 1, log: undefined })).toBe(true);
  expect(await queue.requests.end(id, { state: 'failed', failure })).toBe(true);
  await tell(id);
}

/** Only what was told to the client is run again. */
async function tell(id: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const notify = async ({ requestId }: { requestId: string }) => {
    if (requestId === id) resolve();
  };
  const workers = await queue.work({ join: async () => {}, notify });
  await promise;
  await workers.close();
}

async function listed(query = ''): Promise<string[]> {
  const answer = await served.call('read', 'GET', `/v1/requests${query}`);
  return (answer.json() as RequestList).requests.map(({ id }) => id);
}

describe('what a request may wish', () => {
  it('is kept and shown', async () => {
    const wishes = { tenant: 'client', notBefore: 1_000, deadline: 4e12, priority: 2 };
    const id = await idOf(wishes);
    expect((await served.call('client', 'GET', `/v1/requests/${id}`)).json()).toMatchObject(wishes);
  });

  it('is another tenant only with the scope for it', async () => {
    expect((await create({ tenant: 'finance' })).json()).toMatchObject({ status: 403, code: 'auth.scope' });
    await idOf({ tenant: 'finance' }, 'admin');
  });

  it('is no deadline that has passed', async () => {
    expect((await create({ deadline: 1_000 })).json()).toMatchObject({ status: 422, code: 'request.deadline' });
  });

  it('may be to share an equal request in flight, with nobody else', async () => {
    const first = await idOf({ coalesce: true });
    const again = await create({ coalesce: true });
    expect(again.json().id).toBe(first);
    expect(again.headers['coalesced']).toBe('true');
    expect((await create({ coalesce: true, body: { month: 4 } })).json().id).not.toBe(first);
    expect(await idOf({ coalesce: true }, 'admin')).not.toBe(first);
    expect(await idOf()).not.toBe(first);
  });

  it('says that it was answered before', async () => {
    const headers = { 'idempotency-key': 'once' };
    const payload = { operation: 'daily-sales', body: {} };
    const [first, second] = [
      await served.call('client', 'POST', '/v1/requests', { payload, headers }),
      await served.call('client', 'POST', '/v1/requests', { payload, headers }),
    ];
    expect([first.headers['idempotent-replayed'], second.headers['idempotent-replayed']]).toEqual([undefined, 'true']);
    expect(second.json().id).toBe(first.json().id);
  });
});

describe('the list', () => {
  it('has a request right after the 202, before anything is archived', async () => {
    const ids = [await idOf(), await idOf(), await idOf()];
    expect(await listed()).toEqual(ids.sort().toReversed());
  });

  it('filters by what is true now', async () => {
    const [one, two, other] = [await idOf(), await idOf(), await idOf({}, 'admin')];
    await served.call('client', 'POST', `/v1/requests/${two}/cancel`);
    expect(await listed('?state=cancelled')).toEqual([two]);
    expect(await listed('?state=accepted&principal=client')).toEqual([one]);
    expect(await listed('?principal=admin')).toEqual([other]);
    expect(await listed('?operation=other')).toEqual([]);
    const { acceptedAt } = (await served.call('read', 'GET', `/v1/requests/${two}`)).json();
    expect(await listed(`?since=${acceptedAt + 60_000}`)).toEqual([]);
    expect(await listed(`?until=${acceptedAt}`)).not.toContain(two);
  });

  it('shows every request once over all pages, whether archived or not', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 7; count++) ids.push(await idOf());
    for (const id of ids.slice(0, 4)) {
      const record = await queue.requests.get(id);
      if (record !== undefined) served.state.archived.set(id, record);
    }
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page = (
        await served.call('read', 'GET', `/v1/requests?limit=2${next === undefined ? '' : `&before=${next}`}`)
      ).json() as RequestList;
      seen.push(...page.requests.map(({ id }) => id));
      next = page.next;
    } while (next !== undefined);
    expect(seen).toEqual(ids.sort().toReversed());
  });

  it('takes no page larger than the limit', async () => {
    expect((await served.call('read', 'GET', '/v1/requests?limit=100000')).json()).toMatchObject({ status: 400 });
  });
});

describe('retry and cancel', () => {
  it('runs again what failed of one request', async () => {
    const id = await idOf();
    await fail(id);
    const answer = await served.call('client', 'POST', `/v1/requests/${id}/retry`);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ id, parts: [`${id}-0`] });
    expect((await served.call('client', 'GET', `/v1/requests/${id}`)).json()).toMatchObject({ state: 'running' });
    expect((await served.call('client', 'POST', `/v1/requests/${id}/retry`)).json().code).toBe('request.not-retryable');
    expect((await served.call('read', 'POST', `/v1/requests/${id}/retry`)).json().code).toBe('auth.scope');
  });

  it('runs again all that failed, after it has shown which', async () => {
    const failed = [await idOf(), await idOf()].sort();
    const fine = await idOf();
    for (const id of failed) await fail(id);
    const bulk = (payload: object) =>
      served.call('client', 'POST', '/v1/requests/retry', { payload: { operation: 'daily-sales', ...payload } });
    const dry = (await bulk({ dryRun: true })).json() as BulkOutcome;
    expect(dry).toEqual({ dryRun: true, done: failed.toReversed(), refused: [], more: false });
    expect((await queue.requests.get(failed[0] as string))?.state).toBe('failed');
    expect(((await bulk({ limit: 1 })).json() as BulkOutcome).more).toBe(true);
    expect(((await bulk({})).json() as BulkOutcome).done).toEqual([failed[0]]);
    expect((await queue.requests.get(failed[0] as string))?.state).toBe('running');
    expect((await queue.requests.get(fine))?.state).toBe('accepted');
  });

  it('tells of each that could not be, and goes on with the others', async () => {
    const [gone, failed] = [await idOf(), await idOf()];
    await fail(failed);
    const past = 'req_01J0000000000000000000000A';
    const record = await queue.requests.get(gone);
    if (record !== undefined) served.state.archived.set(past, { ...record, id: past, state: 'failed' });
    const answer = await served.call('client', 'POST', '/v1/requests/retry', { payload: { operation: 'daily-sales' } });
    expect(answer.json()).toMatchObject({ done: [failed], refused: [{ id: past, code: 'request.not-found' }] });
  });

  it('cancels all that match and have not ended', async () => {
    const [mine, others] = [await idOf(), await idOf({}, 'admin')];
    const payload = { operation: 'daily-sales', principal: 'client' };
    const answer = await served.call('admin', 'POST', '/v1/requests/cancel', { payload });
    expect((answer.json() as BulkOutcome).done).toEqual([mine]);
    expect((await queue.requests.get(mine))?.state).toBe('cancelled');
    expect((await queue.requests.get(others))?.state).toBe('accepted');
  });

  it('is for who may send requests to the operation', async () => {
    for (const path of ['/v1/requests/retry', '/v1/requests/cancel']) {
      const answer = await served.call('read', 'POST', path, { payload: { operation: 'daily-sales' } });
      expect(answer.json(), path).toMatchObject({ status: 403, code: 'auth.scope' });
      expect((await served.call('admin', 'POST', path, { payload: {} })).statusCode, path).toBe(400);
    }
  });
});

describe('the gate by hand', () => {
  const gate = async (path: string, payload: object) =>
    await served.app.inject({ method: 'POST', url: `/v1/gates/${path}`, payload, headers: bearer('admin') });
  const at = (list: GateList, dimension: string) => list.gates.find((one) => one.dimension === dimension);

  it('is paused and released, with who and why, and a part says what it waits for', async () => {
    const id = await idOf();
    const paused = await gate('op:daily-sales/pause', { reason: 'the ERP is down', until: 4e12 });
    expect(at(paused.json(), 'op:daily-sales')?.closed).toMatchObject([
      { cause: 'pause', by: 'admin', reason: 'the ERP is down', until: 4e12 },
    ]);
    await park(id, { 'op:daily-sales': 1 });
    const { parts } = (await served.call('client', 'GET', `/v1/requests/${id}`)).json();
    expect(parts[0].wait).toMatchObject({ dimension: 'op:daily-sales', closed: [{ reason: 'the ERP is down' }] });
    expect((await gate('op:daily-sales/release', { reason: 'up again' })).statusCode).toBe(200);
    const after = (await served.call('client', 'GET', `/v1/requests/${id}`)).json();
    expect(after.parts[0].state).not.toBe('parked');
    expect(after.parts[0].wait).toBeUndefined();
  });

  it('tells that there was nothing to release', async () => {
    await gate('op:daily-sales/pause', { reason: 'x' });
    await gate('op:daily-sales/release', { reason: 'x' });
    const answer = await gate('op:daily-sales/release', { reason: 'x' });
    expect(answer.json()).toMatchObject({ status: 409, code: 'gate.not-closed' });
  });

  it('is for tokens with the scope', async () => {
    const answer = await served.call('client', 'POST', '/v1/gates/*/pause', { payload: { reason: 'x' } });
    expect(answer.json()).toMatchObject({ status: 403, code: 'auth.scope' });
  });
});
