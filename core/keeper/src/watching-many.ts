import type { BlobStore, Logger, RegistrationStore, RequestLane } from '@slowlane/contracts';
import { type DatabricksClient, createDatabricksClient } from '@slowlane/databricks';
import { newId } from '@slowlane/kit';
import { type Keeper, createKeeper } from './create-keeper.ts';
import { type HostileWorkspace, startHostileWorkspace } from './hostile-workspace.ts';
import type { PollSettings } from './poll-settings.ts';

/** What the tests hand over from the test kit, which only test files may import. */
export interface TestParts {
  createMemoryRequestLane(now: () => number): ManyLane;
  createMemoryBlobStore(): BlobStore;
  createMemoryLogger(): Logger;
  createMemoryRegistrationStore(): RegistrationStore;
}

export interface ManyLane extends RequestLane {
  submits: { partId: string }[];
  released: unknown[];
}

/** For tests: a keeper that watches many runs of a workspace that answers at once. */
export interface ManyRuns {
  workspace: HostileWorkspace;
  lane: ManyLane;
  requestIds: string[];
  /** Epoch ms at which the end of each run was acted upon, by run id. */
  seenAt: Map<string, number>;
  calls(kind: string): number;
  close(): Promise<void>;
}

/** `count` parts in `count / 500` requests, all submitted and bound; the watcher is started. */
export async function watchMany(parts: TestParts, count: number, poll: Partial<PollSettings>): Promise<ManyRuns> {
  const workspace = await startHostileWorkspace();
  const client = clientOf(workspace.url, parts.createMemoryLogger());
  const lane = parts.createMemoryRequestLane(() => Date.now());
  const seenAt = new Map<string, number>();
  const release = lane.release;
  lane.release = async (partId, outcome) => {
    const runId = (await lane.part(partId))?.runId;
    if (runId !== undefined && !seenAt.has(runId)) seenAt.set(runId, Date.now());
    return release(partId, outcome);
  };
  const keeper = keeperOf(parts, { lane, client, poll });
  const requestIds: string[] = [];
  for (let made = 0; made < count; made += 500) requestIds.push(await grant(lane, Math.min(500, count - made)));
  while (lane.submits.length > 0) {
    const batch = lane.submits.splice(0, 50);
    await Promise.all(batch.map(({ partId }) => keeper.submit(partId, new AbortController().signal)));
  }
  keeper.start();
  return {
    workspace,
    lane,
    requestIds,
    seenAt,
    calls: (kind) => workspace.calls.filter((call) => call === kind).length,
    async close() {
      await keeper.stop();
      await client.close();
      await workspace.close();
    },
  };
}

function clientOf(host: string, logger: Logger): DatabricksClient {
  const families = ['run-now', 'runs-get', 'runs-list', 'files'];
  return createDatabricksClient({
    host,
    auth: { token: 'dapi-test' },
    userAgent: 'slowlane/test',
    rates: Object.fromEntries(families.map((family) => [family, Infinity])),
    logger,
  });
}

function keeperOf(
  parts: TestParts,
  made: { lane: ManyLane; client: DatabricksClient; poll: Partial<PollSettings> },
): Keeper {
  const registration = { jobId: '77', timeoutMs: 0, retries: 0 } as never;
  return createKeeper({
    requests: made.lane,
    registrations: { ...parts.createMemoryRegistrationStore(), get: async () => registration },
    workspace: () => made.client,
    blobs: parts.createMemoryBlobStore(),
    node: 'node-1',
    logger: parts.createMemoryLogger(),
    poll: made.poll,
  });
}

async function grant(lane: ManyLane, count: number): Promise<string> {
  const id = newId('req');
  await lane.accept({
    id,
    correlationId: newId('cor'),
    traceparent: undefined,
    operation: 'daily',
    principal: 'me',
    body: {},
    callback: undefined,
    pin: {
      pipeline: 'daily',
      revision: 1,
      registrationId: 'reg_1',
      artifact: `sha256:${'0'.repeat(64)}`,
      workspace: 'main',
    },
    idempotency: undefined,
  });
  await lane.park(id, {
    mediated: {},
    parts: Array.from({ length: count }, (_, index) => ({ key: `p${index}`, document: {} })),
    claim: { dimensions: { '*': 1 }, priority: 5 },
    resultPath: `/Volumes/main/slowlane/results/${id}`,
  });
  return id;
}
