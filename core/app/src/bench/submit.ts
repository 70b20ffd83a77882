import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createFolderBlobStore } from '@slowlane/artifacts';
import { pathsOf, SlowLaneYaml } from '@slowlane/config';
import { type Logger, PipelineFile } from '@slowlane/contracts';
import { createDatabricksClient, volumeStoreOf } from '@slowlane/databricks';
import { createKeeper } from '@slowlane/keeper';
import { formatDuration, newId } from '@slowlane/kit';
import { openLedger } from '@slowlane/ledger';
import { createMediator } from '@slowlane/mediator';
import { openQueue } from '@slowlane/queue';
import type { Installation } from '../processes/installation.ts';
import { createLogger } from '../processes/logger.ts';
import { ensureRedis } from '../processes/redis-server.ts';
import { type Figure, median, percentile, time } from './figures.ts';
import { startInstantWorkspace } from './instant-workspace.ts';

const digest = `sha256:${'0'.repeat(64)}`;

/** From accept to the moment run-now arrives at the workspace, gate open, through the real Redis, flows, mediator and keeper. */
export async function benchSubmit(installation: Installation): Promise<Figure[]> {
  const home = mkdtempSync(join(tmpdir(), 'slowlane-bench-'));
  const paths = pathsOf({ ...installation.environment, home });
  for (const folder of [paths.run, paths.logs]) mkdirSync(folder, { recursive: true });
  const logger = createLogger('bench', 'error');
  const redis = await ensureRedis(paths, logger);
  const lane = await openLane(paths, redis.url, logger);
  try {
    for (let round = 0; round < 20; round++) await lane.once();
    const latencies: number[] = [];
    const raw: number[] = [];
    for (let round = 0; round < 200; round++) {
      latencies.push(await lane.once());
      raw.push(await time(lane.direct));
      await pause(5);
    }
    const [p50, p99] = [median(latencies), percentile(latencies, 0.99)];
    const direct = median(raw);
    const figure = (name: string, value: number, limit: number): Figure => ({
      name,
      ours: formatDuration(value),
      raw: formatDuration(direct),
      ratio: (value / direct).toFixed(2),
      target: `<= ${limit} ms`,
      met: value <= limit,
    });
    return [
      figure('accept -> submit sent, p50 (raw: the two calls alone)', p50, 25),
      figure('accept -> submit sent, p99', p99, 100),
    ];
  } finally {
    await lane.close();
    await redis.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function openLane(paths: ReturnType<typeof pathsOf>, url: string, logger: Logger) {
  const workspace = await startInstantWorkspace();
  const client = createDatabricksClient({
    host: workspace.host,
    auth: { token: 'bench' },
    userAgent: 'slowlane-bench',
    rates: { 'run-now': 100_000, 'runs-get': 100_000, files: 100_000 },
    logger,
  });
  const queue = await openQueue({ url, logger });
  const ledger = await openLedger({ file: paths.ledger, archiveDir: paths.archive, logger });
  const { pipelines, registrations } = ledger;
  const config = SlowLaneYaml.parse({});
  const file = PipelineFile.parse({ pipeline: 'bench' });
  const { revision } = await pipelines.put({ name: 'bench', file, text: '', origin: 'applied', by: 'bench' });
  const registration = await registrations.put({
    id: newId('reg'),
    pipeline: 'bench',
    revision,
    target: 'dev',
    workspace: 'local',
    jobId: '1',
    buildId: newId('bld'),
    correlationId: newId('cor'),
    commit: undefined,
    settingsDigest: digest,
    set: { digest, kind: 'jar', primary: { name: 'a.jar', digest, size: 1 }, companions: [] },
    manifest: { plugin: 'scala-sbt', kind: 'jar', main: 'A', mainCandidates: ['A'], spark: 'provided' },
    pool: 'default',
    timeoutMs: 60_000,
    retries: 0,
  });
  const mediator = createMediator({
    requests: queue.requests,
    pipelines,
    registrations,
    volumes: () => volumeStoreOf(client),
    defaults: { resultBase: '/Volumes/main/slowlane' },
    policy: config.policy,
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
    notify: async () => undefined,
  });
  keeper.start();
  const document = Buffer.from('{}');
  return {
    async once() {
      const id = newId('req');
      const begun = performance.now();
      await queue.requests.accept({
        id,
        correlationId: newId('cor'),
        traceparent: undefined,
        operation: 'bench',
        principal: 'bench',
        body: {},
        callback: undefined,
        idempotency: undefined,
        pin: { pipeline: 'bench', revision, registrationId: registration.id, artifact: digest, workspace: 'local' },
      });
      return (await workspace.arrivedAt(id)) - begun;
    },
    async direct() {
      await client.files.put('/Volumes/main/slowlane/direct.json', document);
      await client.jobs.runNow({
        jobId: '1',
        idempotencyToken: newId('req'),
        jobParameters: { request: '', result: newId('req') },
      });
    },
    async close() {
      await keeper.stop();
      await workers.close();
      await mediator.close();
      await queue.close();
      await ledger.close();
      workspace.close();
    },
  };
}
