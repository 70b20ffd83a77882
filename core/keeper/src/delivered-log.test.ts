import { text } from 'node:stream/consumers';
import { type DatabricksClient, type Run, type RunOutput, createDatabricksClient } from '@slowlane/databricks';
import { createMemoryBlobStore, createMemoryLogger } from '@slowlane/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deliveredLog } from './delivered-log.ts';
import { type HostileWorkspace, startHostileWorkspace } from './hostile-workspace.ts';
import type { KeeperDeps } from './keeper-deps.ts';

const base = '/Volumes/main/slowlane/logs';
const endedAt = 1_000_000;
let now = endedAt;
let workspace: HostileWorkspace;
let client: DatabricksClient;
const blobs = createMemoryBlobStore();

beforeEach(async () => {
  now = endedAt;
  workspace = await startHostileWorkspace();
  const logger = createMemoryLogger();
  client = createDatabricksClient({ host: workspace.url, auth: { token: 't' }, userAgent: 'slowlane/test', logger });
});
afterEach(async () => {
  await client.close();
  await workspace.close();
});

function find(changes: { truncated?: boolean; base?: string | undefined; logBytes?: number; clusterId?: string } = {}) {
  const { truncated = true, logBytes = 1_000, clusterId = 'c-1' } = changes;
  const run = { runId: '1', endTime: endedAt, tasks: [{ taskKey: 'main', runId: '2', clusterId }] } as unknown as Run;
  const outputs: RunOutput[] = [
    { logs: 'the end\n', logsTruncated: truncated, error: undefined, errorTrace: undefined },
  ];
  const deps = { blobs, logBytes, logger: createMemoryLogger(), clock: { now: () => now } } as unknown as KeeperDeps;
  return deliveredLog(deps, { client, run, outputs, base: 'base' in changes ? changes.base : base });
}

async function read(digest: unknown): Promise<string> {
  return text((await blobs.open(digest as never)).stream);
}

it('is kept whole, both streams, without the secrets in it', async () => {
  workspace.files.set(`${base}/c-1/driver/stdout`, `begin\n${'x'.repeat(100)}\nhttps://user:hunter2@host/\nthe end\n`);
  workspace.files.set(`${base}/c-1/driver/stderr`, 'a warning without an end of line');
  const log = await read(await find());
  expect(log).toMatch(/^==> stdout\nbegin\nx{100}\n/);
  expect(log).toContain('the end\n==> stderr\na warning without an end of line\n');
  expect(log).not.toContain('hunter2');
});

it('is waited for while it may still come, and given up then', async () => {
  expect(await find()).toBe('later');
  workspace.files.set(`${base}/c-1/driver/stdout`, 'half');
  expect(await find()).toBe('later');
  now += 121_000;
  expect(await find()).toBeUndefined();
});

it('is cut at the bound, and says where the rest is', async () => {
  workspace.files.set(`${base}/c-1/driver/stdout`, `${'line\n'.repeat(100)}`);
  const log = await read(await find({ logBytes: 50 }));
  expect(log).toContain(`==> stdout\n${'line\n'.repeat(10)}`);
  expect(log).toContain(`[longer than 50 bytes; the rest is at ${base}/c-1/driver/stdout]`);
  expect(log.length).toBeLessThan(200);
});

it('is not asked for where the run said all of it, or nothing is delivered', async () => {
  expect(await find({ truncated: false })).toBeUndefined();
  expect(await find({ base: undefined })).toBeUndefined();
  expect(workspace.calls).toEqual([]);
});

it('takes nothing from the end of the run when the volume does not answer', async () => {
  workspace.faults.set('files', [403, 403]);
  expect(await find()).toBeUndefined();
});
