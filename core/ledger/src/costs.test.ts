import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { type Queue, openQueue } from '@slowlane/queue';
import { createMemoryLogger, postgresForFile, redisForFile, sampleRequest } from '@slowlane/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { undoMigrations } from './__fixtures__/undo-migrations.ts';
import { type Ledger, openLedger } from './index.ts';
import type { DatabaseLocation } from './open-database.ts';

const logger = createMemoryLogger();
const server = redisForFile({ beforeAll, afterAll });
const databases = postgresForFile({ beforeAll, afterAll });
const failure = new SlowLaneError('run.failed', 'exit code 1').toFailure();
const HOUR_MS = 3_600_000;
let queue: Queue;
let ledger: Ledger;
let dir: string;
let location: DatabaseLocation;

describe.each(['sqlite', 'postgres'] as const)('in %s', (kind) => {
  beforeEach(async () => {
    const prices = { small: 1 };
    queue = await openQueue({ url: server.redis.url, prefix: server.nextPrefix(), prices, logger });
    dir = mkdtempSync(join(tmpdir(), 'slowlane-costs-'));
    location = kind === 'sqlite' ? { file: join(dir, 'l.db') } : { url: await databases.postgres.createDatabase() };
    ledger = await open();
  });
  afterEach(async () => {
    await ledger.close();
    await queue.close();
    rmSync(dir, { recursive: true });
  });

  function open(): Promise<Ledger> {
    const postgres = 'url' in location ? location : undefined;
    return openLedger({ file: join(dir, 'l.db'), postgres, archiveDir: join(dir, 'archive'), logger });
  }

  async function archived(): Promise<void> {
    const archiver = ledger.archiver(queue.events);
    archiver.start();
    const last = await queue.events.last();
    await expect.poll(() => ledger.history.cursor(), { timeout: 20_000 }).toBe(last);
    await archiver.stop();
  }

  async function park(dimensions: Record<string, number>): Promise<string> {
    const { request } = await queue.requests.accept(sampleRequest());
    await queue.requests.beginMediation(request.id);
    await queue.requests.park(request.id, {
      ...{ mediated: {}, parts: ['a', 'b'].map((key) => ({ key, document: {} })), resultPath: '/x', needed: 0 },
      claim: { dimensions, priority: 5 },
    });
    return request.id;
  }

  async function run(part: string, hours: number, state: 'succeeded' | 'failed' = 'succeeded'): Promise<void> {
    const claimed = await queue.requests.claim(part, 'node', 30_000);
    const [fence, attempt] = [claimed?.fence ?? 0, claimed?.part.attempt ?? 0];
    await queue.requests.intend(part, fence, { attempt, token: `${part}-${attempt}` });
    await queue.requests.bind(part, fence, { runId: `${part}-${attempt}`, runPageUrl: undefined, pollMs: 1_000 });
    const outcome = { runMs: hours * HOUR_MS, log: undefined };
    await queue.requests.release(
      part,
      state === 'failed' ? { ...outcome, state, failure } : { ...outcome, state: 'succeeded' },
    );
  }

  /** Both as the queue has them, whatever that is. */
  async function expectAsInQueue(id: string): Promise<void> {
    expect(await ledger.history.request(id)).toEqual(await queue.requests.get(id));
    expect(await ledger.history.parts(id)).toEqual(await queue.requests.parts(id));
    expect(await ledger.history.tallyParts(id)).toEqual(await queue.requests.tallyParts(id));
  }

  /** One part ran again after the request had failed: its second cost comes on top of the first. */
  async function priced(): Promise<string> {
    const id = await park({ '*': 1, 'pool:small': 1 });
    await run(`${id}-0`, 1);
    await run(`${id}-1`, 2, 'failed');
    await queue.requests.end(id, { state: 'failed', failure });
    return id;
  }

  it('what parts cost, and were estimated at, is in the history as in the queue, also after a retry', async () => {
    const id = await priced();
    const unpriced = await park({ '*': 1 });
    await run(`${unpriced}-0`, 1);
    await archived();
    expect(await ledger.history.request(id)).toMatchObject({ costMicros: 3_000_000 });
    expect(await ledger.history.parts(id)).toMatchObject([{ costMicros: 1_000_000 }, { costMicros: 2_000_000 }]);
    // Ten minutes are what a part without history is taken to last.
    expect(await ledger.history.tallyParts(id)).toMatchObject({ estimateMicros: 2 * 166_667 });
    expect((await ledger.history.request(unpriced))?.costMicros).toBeUndefined();
    for (const one of [id, unpriced]) await expectAsInQueue(one);

    const workers = await queue.work({ join: async () => undefined, notify: async () => undefined });
    const again = () =>
      queue.requests.retryFailed(id, 'ana').then(
        ({ parts }) => parts,
        () => [],
      );
    await expect.poll(again, { timeout: 20_000 }).toEqual([`${id}-1`]);
    await run(`${id}-1`, 3);
    await workers.close();
    await archived();
    expect(await ledger.history.request(id)).toMatchObject({ costMicros: 6_000_000 });
    expect((await ledger.history.parts(id, { from: 1, count: 1 }))[0]).toMatchObject({ costMicros: 5_000_000 });
    await expectAsInQueue(id);
  });

  it('a ledger from before has the costs of its requests after the update', async () => {
    const id = await priced();
    const unpriced = await park({ '*': 1 });
    await archived();
    const before = await ledger.history.parts(id);
    await ledger.close();
    await undoMigrations(location, { kind, downTo: '0007-costs' });
    ledger = await open();
    expect(await ledger.history.parts(id)).toEqual(before);
    for (const one of [id, unpriced]) await expectAsInQueue(one);
  });
});
