import type { NewEvent, PipelineRevision, RequestRecord } from '@slowlane/contracts';
import { SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { mostAttempts, pauseAfter } from './back-off.ts';
import { createMemoryDeliveries } from './memory-deliveries.ts';
import { createNotifier } from './notifier.ts';
import type { WebhookEvent } from './webhook-sender.ts';

const id = 'req_01J0000000000000000000000A';
const callback = 'https://erp.example.org/done?key=k';
const webhook = 'https://hooks.example.org/all';

function requestWith(changes: Partial<RequestRecord>): RequestRecord {
  return {
    id,
    correlationId: 'cor_01J0000000000000000000000C',
    traceparent: undefined,
    operation: 'daily',
    principal: 'erp',
    body: {},
    mediated: undefined,
    callback,
    pin: {
      pipeline: 'daily',
      revision: 2,
      registrationId: 'reg_x',
      artifact: `sha256:${'0'.repeat(64)}`,
      workspace: 'local',
    },
    state: 'succeeded',
    parts: { total: 1, ended: 1 },
    acceptedAt: 1_000,
    endedAt: 9_000,
    failure: undefined,
    result: [{ name: 'a.csv', path: '/Volumes/a.csv', size: 3 }],
    resultPath: undefined,
    endEventId: '1700000000000-3',
    ...changes,
  };
}

function fixture(request: RequestRecord, answers: Record<string, (number | SlowLaneError)[]>) {
  const sent: { url: string; event: WebhookEvent }[] = [];
  const appended: NewEvent[] = [];
  const revision = {
    file: { operation: { notify: [{ webhook }], result: { link_ttl: '2h' } } },
  } as unknown as PipelineRevision;
  const deliveries = createMemoryDeliveries();
  const clock = { at: 10_000 };
  const start = () =>
    createNotifier({
      deliveries,
      now: () => clock.at,
      random: () => 0.5,
      requests: { get: async () => request },
      events: { append: async (event) => (appended.push(event), '1-0') },
      pipelines: { get: async (name, wanted) => (name === 'daily' && wanted === 2 ? revision : undefined) },
      resultLinks: {
        links: (_request, ttlMs) => [
          { name: 'a.csv', size: 3, href: '/v1/results/x/files/a.csv?expires=1', expiresAt: ttlMs },
        ],
      },
      sender: {
        deliver: async (url, event) => {
          sent.push({ url, event });
          const answer = answers[url]?.shift() ?? 200;
          if (typeof answer !== 'number') throw answer;
          return { status: answer };
        },
      },
      publicUrl: 'http://127.0.0.1:8080',
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
  return { notifier: start(), restarted: start, sent, appended, deliveries, clock };
}

const down = () => new SlowLaneError('notify.undeliverable', 'https://erp.example.org answered 500');
const refused = () => new SlowLaneError('notify.refused', 'erp.example.org is 10.0.0.1');

describe('the notifier', () => {
  it('tells the callback and the webhooks of the pinned revision how the request ended', async () => {
    const { notifier, sent, appended } = fixture(requestWith({}), {});
    await notifier.notify(id);
    expect(sent.map(({ url }) => url)).toEqual([webhook, callback]);
    expect(sent[1]?.event).toEqual({
      id: '1700000000000-3',
      type: 'request.succeeded',
      audience: { principal: 'erp' },
      body: {
        id: '1700000000000-3',
        type: 'request.succeeded',
        at: 9_000,
        correlationId: 'cor_01J0000000000000000000000C',
        subject: { pipeline: 'daily', request: id },
        data: {
          operation: 'daily',
          state: 'succeeded',
          artifact: `sha256:${'0'.repeat(64)}`,
          request: `http://127.0.0.1:8080/v1/requests/${id}`,
          files: [
            {
              name: 'a.csv',
              size: 3,
              href: 'http://127.0.0.1:8080/v1/results/x/files/a.csv?expires=1',
              expiresAt: 7_200_000,
            },
          ],
        },
      },
    });
    expect(sent[0]?.event.audience).toEqual({ pipeline: 'daily' });
    expect(appended[1]).toEqual({
      type: 'delivery.sent',
      correlationId: 'cor_01J0000000000000000000000C',
      subject: { pipeline: 'daily', request: id },
      data: {
        url: 'https://erp.example.org/done',
        status: 200,
        attempt: 1,
        eventId: '1700000000000-3',
        delivery: 'dlv_01J0000000000000000000000A-1',
      },
    });
  });

  it('tries again only who did not hear it, after a pause, with the same event and after a restart too', async () => {
    const { notifier, restarted, sent, appended, clock } = fixture(requestWith({}), {
      [callback]: [down(), down(), 200],
    });
    await notifier.notify(id);
    await notifier.notify(id);
    expect(sent.map(({ url }) => url)).toEqual([webhook, callback]);
    const due = await notifier.turn();
    expect(due).toBe(clock.at + pauseAfter(1, 0.5));
    clock.at = due;
    const next = restarted();
    await next.turn();
    clock.at += pauseAfter(2, 0.5);
    await next.turn();
    await next.turn();
    expect(sent.map(({ url }) => url)).toEqual([webhook, callback, callback, callback]);
    expect(new Set(sent.map(({ event }) => JSON.stringify(event.body))).size).toBe(1);
    expect(appended.map(({ type, data }) => [type, data?.['attempt']])).toEqual([
      ['delivery.sent', 1],
      ['delivery.failed', 1],
      ['delivery.failed', 2],
      ['delivery.sent', 3],
    ]);
  });

  it('gives up after a bounded number of tries; a person may send it again', async () => {
    const failing = Array.from({ length: mostAttempts }, down);
    const { notifier, sent, appended, deliveries, clock } = fixture(requestWith({}), { [callback]: failing });
    await notifier.notify(id);
    for (let turn = 0; turn < mostAttempts + 5; turn++) {
      clock.at += 86_400_000;
      await notifier.turn();
    }
    expect(sent.filter(({ url }) => url === callback)).toHaveLength(mostAttempts);
    expect(appended.at(-1)).toMatchObject({ type: 'delivery.failed', data: { dead: true, attempt: mostAttempts } });
    const [dead] = await notifier.control.list({ state: 'dead', limit: 10 });
    expect(dead).toMatchObject({ address: callback, failure: { code: 'notify.undeliverable' } });

    await notifier.control.redeliver(dead!.id, 'ann');
    await notifier.turn();
    expect(deliveries.all().map(({ state }) => state)).toEqual(['sent', 'sent']);
    await expect(notifier.control.redeliver(dead!.id, 'ann')).rejects.toMatchObject({ code: 'notify.not-dead' });
    await expect(notifier.control.redeliver('dlv_x', 'ann')).rejects.toMatchObject({ code: 'notify.not-found' });
  });

  it('counts a try before it is made, so that two nodes never make the same one', async () => {
    const { notifier, restarted, sent } = fixture(requestWith({}), {});
    await Promise.all([notifier.notify(id), restarted().notify(id)]);
    expect(sent.map(({ url }) => url).sort()).toEqual([callback, webhook].sort());
  });

  it('does not try an address again that may not be called', async () => {
    const { notifier, sent, appended } = fixture(requestWith({}), { [callback]: [refused()] });
    await notifier.notify(id);
    expect(sent).toHaveLength(2);
    expect(appended.map(({ type }) => type)).toEqual(['delivery.sent', 'delivery.failed']);
    expect(appended[1]?.data?.['failure']).toMatchObject({ code: 'notify.refused' });
  });

  it.each([
    ['nothing-to-do', 'request.nothing-to-do'],
    ['cancelled', 'request.cancelled'],
    ['failed', 'request.failed'],
  ] as const)('tells of the state %s as %s', async (state, type) => {
    const failure = new SlowLaneError('run.failed', 'exit code 1').toFailure();
    const request = requestWith({ state, ...(state === 'failed' ? { failure } : {}) });
    const { notifier, sent } = fixture(request, {});
    await notifier.notify(id);
    expect(sent[0]?.event.type).toBe(type);
    if (state === 'failed') expect(JSON.stringify(sent[0]?.event.body)).toContain('"code":"run.failed"');
  });

  it('has an event id of its own for a request whose end event is not known', async () => {
    const { notifier, sent } = fixture(requestWith({ endEventId: undefined }), {});
    await notifier.notify(id);
    expect(sent.map(({ event }) => event.id)).toEqual([
      'evt_01J0000000000000000000000A',
      'evt_01J0000000000000000000000A',
    ]);
  });

  it('refuses to tell of a request that has not ended', async () => {
    const { notifier, sent } = fixture(requestWith({ state: 'running' }), {});
    await expect(notifier.notify(id)).rejects.toThrow('it has not ended');
    expect(sent).toEqual([]);
  });

  it('has nothing to do where nobody asked to be told', async () => {
    const request = requestWith({ callback: undefined, pin: { ...requestWith({}).pin, revision: 1 } });
    const { notifier, sent, appended } = fixture(request, {});
    await notifier.notify(id);
    expect([sent, appended]).toEqual([[], []]);
  });

  it('removes what ended 90 days ago, and nothing that is still to be delivered', async () => {
    const { notifier, deliveries, clock, restarted } = fixture(requestWith({}), { [callback]: [down()] });
    await notifier.notify(id);
    expect(deliveries.all().map(({ state }) => state)).toEqual(['sent', 'pending']);
    clock.at += 90 * 86_400_000;
    await deliveries.take(deliveries.all()[1] as never, clock.at + 1e9);
    await notifier.turn();
    expect(deliveries.all()).toHaveLength(2);
    clock.at += 3_600_000;
    await restarted().turn();
    expect(deliveries.all().map(({ address }) => address)).toEqual([callback]);
  });
});
