import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestRecord } from '@slowlane/contracts';
import { type Queue, openQueue } from '@slowlane/queue';
import { createMemoryLogger, postgresForFile, redisForFile, sampleRequest } from '@slowlane/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { undoMigrations } from './__fixtures__/undo-migrations.ts';
import { type Ledger, openLedger } from './index.ts';
import type { DatabaseLocation } from './open-database.ts';

const logger = createMemoryLogger();
const server = redisForFile({ beforeAll, afterAll });
const databases = postgresForFile({ beforeAll, afterAll });
let queue: Queue;
let ledger: Ledger | undefined;
let dir: string;
let location: DatabaseLocation;

describe.each(['sqlite', 'postgres'] as const)('in %s', (kind) => {
  beforeEach(async () => {
    queue = await openQueue({ url: server.redis.url, prefix: server.nextPrefix(), logger });
    dir = mkdtempSync(join(tmpdir(), 'slowlane-tenants-'));
    location = kind === 'sqlite' ? { file: join(dir, 'l.db') } : { url: await databases.postgres.createDatabase() };
  });
  afterEach(async () => {
    await ledger?.close();
    ledger = undefined;
    await queue.close();
    rmSync(dir, { recursive: true });
  });

  async function opened(): Promise<Ledger> {
    const postgres = 'url' in location ? location : undefined;
    ledger = await openLedger({ file: join(dir, 'l.db'), postgres, archiveDir: join(dir, 'archive'), logger });
    return ledger;
  }

  async function archive(history: Ledger): Promise<void> {
    const archiver = history.archiver(queue.events);
    archiver.start();
    const last = await queue.events.last();
    await expect.poll(() => history.history.cursor(), { timeout: 20_000 }).toBe(last);
    await archiver.stop();
  }

  async function accepted(wishes: Partial<Parameters<typeof sampleRequest>[0]> = {}): Promise<string> {
    return (await queue.requests.accept(sampleRequest({ principal: 'erp', ...wishes }))).request.id;
  }

  async function park(id: string, tenant: string): Promise<void> {
    await queue.requests.beginMediation(id);
    await queue.requests.park(id, {
      ...{ mediated: {}, parts: [{ key: 'all', document: {} }], resultPath: '/x' },
      claim: { dimensions: { '*': 1, [`tn:${tenant}`]: 1 }, priority: 5 },
    });
  }

  const ids = (found: RequestRecord[]): string[] => found.map(({ id }) => id);

  it('requests are found by their tenant: as given, as the claim says, or else who sent them', async () => {
    const deadline = Date.now() + 3_600_000;
    const given = await accepted({ tenant: 'acme', deadline, priority: 3 });
    const claimed = await accepted();
    await park(claimed, 'acme');
    const own = await accepted();
    const { history } = await opened();
    await archive(ledger as Ledger);
    expect(ids(await history.requests({ tenant: 'acme', limit: 10 }))).toEqual([claimed, given]);
    expect(ids(await history.requests({ tenant: 'erp', limit: 10 }))).toEqual([own]);
    expect(ids(await history.requests({ tenant: 'acme', state: 'accepted', limit: 10 }))).toEqual([given]);
    expect(await history.request(given)).toMatchObject({ tenant: 'acme', deadline, priority: 3 });
    expect(await history.request(own)).toEqual(await queue.requests.get(own));
  });

  it('a ledger from before has the tenants of its requests after the update', async () => {
    const given = await accepted({ tenant: 'acme', priority: 2 });
    const claimed = await accepted();
    await park(claimed, 'field-tenant');
    const { history } = await opened();
    await archive(ledger as Ledger);
    await (ledger as Ledger).close();
    await undoMigrations(location, { kind, downTo: '0006-tenants' });
    expect(history).toBeDefined();
    const again = (await opened()).history;
    expect(ids(await again.requests({ tenant: 'acme', limit: 10 }))).toEqual([given]);
    expect(ids(await again.requests({ tenant: 'field-tenant', limit: 10 }))).toEqual([claimed]);
    expect((await again.request(given))?.priority).toBe(2);
  });
});
