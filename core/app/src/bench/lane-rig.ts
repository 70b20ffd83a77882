import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderBlobStore } from '@slowlane/artifacts';
import { pathsOf, SlowLaneYaml } from '@slowlane/config';
import { type NewRequest, PipelineFile } from '@slowlane/contracts';
import { createDatabricksClient, volumeStoreOf } from '@slowlane/databricks';
import { createKeeper } from '@slowlane/keeper';
import { newId } from '@slowlane/kit';
import { openLedger } from '@slowlane/ledger';
import { createMediator } from '@slowlane/mediator';
import { openQueue } from '@slowlane/queue';
import type { Installation } from '../processes/installation.ts';
import { createLogger } from '../processes/logger.ts';
import { ensureRedis } from '../processes/redis-server.ts';
import { startInstantWorkspace } from './instant-workspace.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const manyCalls = { 'run-now': 100_000, 'runs-get': 100_000, files: 100_000 };

/** The request lane in a folder and a Redis of its own, with a workspace that answers at once and one registered operation, `bench`. */
export async function openLaneRig(installation: Installation) {
  const home = mkdtempSync(join(tmpdir(), 'slowlane-bench-'));
  const paths = pathsOf({ ...installation.environment, home });
  for (const folder of [paths.run, paths.logs]) mkdirSync(folder, { recursive: true });
  const logger = createLogger('bench', 'error');
  const redis = await ensureRedis(paths, logger);
  const workspace = await startInstantWorkspace();
  const client = createDatabricksClient({
    host: workspace.host,
    auth: { token: 'bench' },
    userAgent: 'slowlane-bench',
    rates: manyCalls,
    logger,
  });
  const queue = await openQueue({ url: redis.url, logger });
  const ledger = await openLedger({ file: paths.ledger, archiveDir: paths.archive, logger });
  const pin = await register(ledger);
  return {
    paths,
    logger,
    redis,
    workspace,
    client,
    queue,
    ledger,
    newRequest: (): NewRequest => ({
      id: newId('req'),
      correlationId: newId('cor'),
      traceparent: undefined,
      operation: 'bench',
      principal: 'bench',
      body: {},
      callback: undefined,
      idempotency: undefined,
      pin,
    }),
    async close() {
      await queue.close();
      await ledger.close();
      workspace.close();
      await redis.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export type LaneRig = Awaited<ReturnType<typeof openLaneRig>>;

/** Mediator, keeper and the workers of the lane; `ended` is told of each request that has ended. */
export async function startLane(rig: LaneRig, ended: (requestId: string) => void): Promise<{ stop(): Promise<void> }> {
  const { queue, ledger, client, logger, paths } = rig;
  const { pipelines, registrations } = ledger;
  const mediator = createMediator({
    requests: queue.requests,
    pipelines,
    registrations,
    volumes: () => volumeStoreOf(client),
    defaults: { resultBase: '/Volumes/main/slowlane' },
    policy: SlowLaneYaml.parse({}).policy,
    logger,
  });
  const keeper = createKeeper({
    requests: queue.requests,
    registrations,
    workspace: () => client,
    blobs: createFolderBlobStore(paths.blobs),
    node: 'bench',
    logger,
  });
  const workers = await queue.work({
    prepare: ({ requestId }) => mediator.prepare(requestId),
    split: ({ requestId }) => mediator.split(requestId),
    submit: ({ partId }, signal) => keeper.submit(partId, signal),
    join: ({ requestId }) => mediator.join(requestId),
    notify: async ({ requestId }) => ended(requestId),
  });
  keeper.start();
  return {
    async stop() {
      await keeper.stop();
      await workers.close();
      await mediator.close();
    },
  };
}

async function register({
  pipelines,
  registrations,
}: Awaited<ReturnType<typeof openLedger>>): Promise<NewRequest['pin']> {
  const file = PipelineFile.parse({ pipeline: 'bench' });
  const { revision } = await pipelines.put({ name: 'bench', file, text: '', origin: 'applied', by: 'bench' });
  const registration = await registrations.put({
    ...{ id: newId('reg'), pipeline: 'bench', revision, target: 'dev', workspace: 'local', jobId: '1' },
    ...{ buildId: newId('bld'), correlationId: newId('cor'), commit: undefined, settingsDigest: digest },
    set: { digest, kind: 'jar', primary: { name: 'a.jar', digest, size: 1 }, companions: [] },
    manifest: { plugin: 'scala-sbt', kind: 'jar', main: 'A', mainCandidates: ['A'], spark: 'provided' },
    ...{ pool: 'default', timeoutMs: 60_000, retries: 0 },
  });
  return { pipeline: 'bench', revision, registrationId: registration.id, artifact: digest, workspace: 'local' };
}
