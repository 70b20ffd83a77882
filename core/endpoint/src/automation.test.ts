import { type DeliveryRecord, type ScheduleRow, SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();

const row: ScheduleRow = {
  pipeline: 'daily-sales',
  name: 'default',
  cron: '0 2 * * *',
  zone: 'Europe/Madrid',
  catchUp: 'last',
  paused: undefined,
  next: [1_000, 2_000],
  lastAt: undefined,
  lastRequest: undefined,
  problem: undefined,
};

function serveSchedules() {
  const calls: unknown[] = [];
  return serve(() => ({
    schedules: {
      list: async () => [row],
      async pause(pipeline, name, why) {
        if (pipeline !== row.pipeline) throw new SlowLaneError('schedule.not-found', `no schedule of "${pipeline}"`);
        calls.push(['pause', pipeline, name, why]);
        return { ...row, paused: { ...why, at: 5 }, next: [] };
      },
      async resume(pipeline, name, by) {
        calls.push(['resume', pipeline, name, by]);
        return row;
      },
    },
  })).then((served) => ({ ...served, calls }));
}

describe('schedules over REST', () => {
  it('are listed with their next occurrences', async () => {
    const { call } = await serveSchedules();
    const { schedules } = (await call('read', 'GET', '/v1/schedules')).json() as { schedules: unknown[] };
    expect(schedules).toEqual([JSON.parse(JSON.stringify(row))]);
  });

  it('are paused and resumed by name, with who and why', async () => {
    const { call, calls } = await serveSchedules();
    const paused = await call('author', 'POST', '/v1/schedules/daily-sales/default/pause', {
      payload: { reason: 'month end' },
    });
    expect(paused.json()).toMatchObject({ paused: { by: 'author', reason: 'month end' } });
    expect((await call('author', 'POST', '/v1/schedules/daily-sales/default/resume')).statusCode).toBe(200);
    expect(calls).toEqual([
      ['pause', 'daily-sales', 'default', { by: 'author', reason: 'month end' }],
      ['resume', 'daily-sales', 'default', 'author'],
    ]);
  });

  it('need the scope "pipeline" to be changed, and an unknown one is 404', async () => {
    const { call } = await serveSchedules();
    const payload = { reason: 'x' };
    expect((await call('read', 'POST', '/v1/schedules/daily-sales/default/pause', { payload })).statusCode).toBe(403);
    expect((await call(undefined, 'GET', '/v1/schedules')).statusCode).toBe(401);
    const unknown = await call('author', 'POST', '/v1/schedules/nothing/default/pause', { payload });
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'schedule.not-found']);
  });
});

const dead: DeliveryRecord = {
  id: 'dlv_01J0000000000000000000000A-0',
  request: 'req_01J0000000000000000000000A',
  correlationId: 'cor_01J0000000000000000000000A',
  pipeline: 'daily-sales',
  kind: 'webhook',
  address: 'https://hooks.example.org/done?token=planted-secret',
  audience: { pipeline: 'daily-sales' },
  event: {
    id: '1-0',
    type: 'request.succeeded',
    at: 1,
    correlationId: 'cor_01J0000000000000000000000A',
    subject: {},
    data: {},
  },
  state: 'dead',
  attempt: 12,
  dueAt: 9,
  status: 500,
  failure: new SlowLaneError('notify.undeliverable', 'https://hooks.example.org answered 500').toFailure(),
  createdAt: 1,
  updatedAt: 9,
};

function serveDeliveries() {
  return serve(() => ({
    deliveries: {
      list: async ({ state, limit }) =>
        [dead].filter((one) => state === undefined || one.state === state).slice(0, limit),
      async redeliver(id, by) {
        if (id !== dead.id) throw new SlowLaneError('notify.not-found', `there is no delivery ${id}`);
        return {
          ...dead,
          state: 'pending',
          attempt: 0,
          dueAt: 10,
          failure: undefined,
          status: by === 'author' ? 1 : 2,
        };
      },
    },
  }));
}

describe('deliveries over REST', () => {
  it('that are dead are listed with the reason, without the secrets of their address', async () => {
    const { call } = await serveDeliveries();
    const answer = await call('read', 'GET', '/v1/deliveries?state=dead');
    expect(answer.json().deliveries).toMatchObject([
      {
        id: dead.id,
        state: 'dead',
        attempt: 12,
        address: 'https://hooks.example.org/done',
        failure: { kind: 'temporary' },
      },
    ]);
    expect(answer.body).not.toContain('planted-secret');
    expect((await call('read', 'GET', '/v1/deliveries?state=sent')).json().deliveries).toEqual([]);
    expect((await call('read', 'GET', '/v1/deliveries?state=lost')).statusCode).toBe(400);
  });

  it('are sent again on demand', async () => {
    const { call } = await serveDeliveries();
    const again = await call('author', 'POST', `/v1/deliveries/${dead.id}/redeliver`);
    expect([again.statusCode, again.json()]).toMatchObject([202, { state: 'pending', attempt: 0, status: 1 }]);
    expect((await call('read', 'POST', `/v1/deliveries/${dead.id}/redeliver`)).statusCode).toBe(403);
    const unknown = await call('author', 'POST', '/v1/deliveries/dlv_01J0000000000000000000000B-0/redeliver');
    expect(unknown.statusCode).toBe(404);
  });
});
