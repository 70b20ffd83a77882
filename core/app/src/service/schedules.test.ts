import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineFile, type SlowLaneEvent } from '@slowlane/contracts';
import { type Ledger, openLedger } from '@slowlane/ledger';
import { openQueue, type Queue } from '@slowlane/queue';
import { createScheduler } from '@slowlane/schedule';
import { createMemoryLogger, startRedis, type TestRedis, sampleRegistration } from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const logger = createMemoryLogger();
const hour = 3_600_000;
const begin = Date.parse('2026-05-01T00:30:00Z');
let redis: TestRedis;
let folder: string;
/** Two nodes: each with its own connections, one Redis and one ledger file. */
let nodes: { queue: Queue; ledger: Ledger }[];
let name: string;
let count = 0;
let clock: number;

beforeAll(async () => {
  redis = await startRedis();
  folder = mkdtempSync(join(tmpdir(), 'slowlane-schedules-'));
  nodes = [];
  for (let node = 0; node < 2; node++) {
    const queue = await openQueue({ url: redis.url, logger });
    nodes.push({ queue, ledger: await openLedger({ file: join(folder, 'l.sqlite'), archiveDir: folder, logger }) });
  }
});
afterAll(async () => {
  for (const { queue, ledger } of nodes) {
    await queue.close();
    await ledger.close();
  }
  await redis.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  name = `hourly-${count++}`;
  clock = begin;
});

function schedulers() {
  return nodes.map(({ queue, ledger }) =>
    createScheduler({
      requests: queue.requests,
      // Each test looks at its own pipeline only.
      pipelines: {
        get: (wanted) => ledger.pipelines.get(wanted),
        list: async () => (await ledger.pipelines.list()).filter((revision) => revision.name === name),
      },
      registrations: ledger.registrations,
      store: ledger.schedules,
      now: () => clock,
      logger,
    }),
  );
}

async function apply(schedule: unknown, isRegistered = true): Promise<void> {
  const { pipelines, registrations } = nodes[0]!.ledger;
  const file = PipelineFile.parse({ pipeline: name, schedule });
  const text = JSON.stringify(schedule);
  const { revision } = await pipelines.put({ name, file, text, origin: 'applied', by: 'ann' });
  if (!isRegistered) return;
  await registrations.put(sampleRegistration({ pipeline: name, revision }));
}

async function accepted(): Promise<SlowLaneEvent[]> {
  const events = await nodes[0]!.queue.events.read('0-0', 10_000, 0);
  return events.filter(({ type, subject }) => type === 'request.accepted' && subject.pipeline === name);
}

const times = (events: SlowLaneEvent[]) => events.map(({ data }) => (data['body'] as { n?: number }).n);
const hourly = (changes: object = {}) => [{ cron: '0 * * * *', body: { n: 1 }, ...changes }];

describe('schedules', () => {
  it('make one request per occurrence, however many nodes look at the same moment', async () => {
    await apply(hourly());
    const [one, two] = schedulers() as [ReturnType<typeof createScheduler>, ReturnType<typeof createScheduler>];
    await Promise.all([one.turn(), two.turn()]);
    expect(await accepted()).toEqual([]);
    for (let occurrence = 0; occurrence < 20; occurrence++) {
      clock += hour;
      await Promise.all([one.turn(), two.turn(), one.turn(), two.turn()]);
    }
    const events = await accepted();
    expect(events).toHaveLength(20);
    expect(new Set(events.map(({ subject }) => subject.request)).size).toBe(20);
    expect(times(events)).toEqual(Array.from({ length: 20 }, () => 1));
    expect(events[0]?.data['principal']).toBe('schedule:default');
  });

  it('make it again as the same request when a node died before it noted what it did', async () => {
    await apply(hourly());
    const [one] = schedulers();
    await one!.turn();
    clock += hour;
    const { ledger, queue } = nodes[0]!;
    const forgetful = createScheduler({
      requests: queue.requests,
      pipelines: { get: ledger.pipelines.get, list: async () => [(await ledger.pipelines.get(name))!] },
      registrations: ledger.registrations,
      store: { ...ledger.schedules, advance: () => Promise.reject(new Error('killed here')) },
      now: () => clock,
      logger,
    });
    await expect(forgetful.turn()).rejects.toThrow('killed here');
    await one!.turn();
    expect(await accepted()).toHaveLength(1);
  });

  it.each([
    ['skip', 0],
    ['last', 1],
    ['all', 6],
  ] as const)('after an absence of six hours the policy %s makes %i requests', async (policy, requests) => {
    await apply(hourly({ catch_up: policy }));
    const [one] = schedulers();
    await one!.turn();
    clock += 6 * hour;
    await one!.turn();
    await one!.turn();
    expect(await accepted()).toHaveLength(requests);
    clock += hour / 2;
    await one!.turn();
    expect(await accepted()).toHaveLength(requests + 1);
  });

  it('start from now when they are new or changed, and never make up for a past that was not theirs', async () => {
    await apply(hourly({ catch_up: 'all' }));
    const [one] = schedulers();
    await one!.turn();
    clock += 5 * hour;
    await apply([{ cron: '*/10 * * * *', catch_up: 'all' }]);
    await one!.turn();
    expect(await accepted()).toEqual([]);
  });

  it('rest while they are paused by hand, with who and why, and what fell into the pause is skipped', async () => {
    await apply(hourly({ catch_up: 'all' }));
    const [one, two] = schedulers();
    await one!.turn();
    await two!.control.pause(name, 'default', { by: 'ann', reason: 'month end' });
    clock += 3 * hour;
    await one!.turn();
    expect(await accepted()).toEqual([]);
    expect((await one!.control.list())[0]).toMatchObject({
      paused: { by: 'ann', reason: 'month end', at: begin },
      next: [],
    });
    const row = await one!.control.resume(name, 'default', 'bob');
    expect(row.paused).toBeUndefined();
    expect(row.next[0]).toBe(Date.parse('2026-05-01T04:00:00Z'));
    clock += hour;
    await one!.turn();
    expect(await accepted()).toHaveLength(1);
    await expect(one!.control.pause(name, 'other', { by: 'ann', reason: 'x' })).rejects.toMatchObject({
      code: 'schedule.not-found',
      hint: 'It has: default',
    });
  });

  it('say why an occurrence became no request, and go on with the next', async () => {
    await apply('0 * * * *', false);
    const [one] = schedulers();
    await one!.turn();
    clock += hour;
    await one!.turn();
    expect((await one!.control.list())[0]?.problem).toContain('has no registered job');
    await apply('0 * * * *');
    clock += hour;
    await one!.turn();
    expect(await accepted()).toHaveLength(1);
    expect((await one!.control.list())[0]?.problem).toBeUndefined();
  });

  it('lose no occurrence while Redis is away', async () => {
    await apply(hourly({ catch_up: 'all' }));
    const [one] = schedulers();
    await one!.turn();
    clock += hour;
    await redis.kill();
    await one!.turn();
    expect((await one!.control.list())[0]?.lastRequest).toBeUndefined();
    await redis.restart();
    await expect.poll(() => one!.turn().then(accepted), { timeout: 20_000 }).toHaveLength(1);
  });
});
