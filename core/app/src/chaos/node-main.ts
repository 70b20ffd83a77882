import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathsOf, readEnvironment, SlowLaneYaml } from '@slowlane/config';
import { SlowLaneError } from '@slowlane/contracts';
import { createEventFeed } from '@slowlane/notify';
import { createResultLinks } from '@slowlane/results';
import { urlOf } from '../processes/installation.ts';
import { createLogger } from '../processes/logger.ts';
import { untilSignal } from '../processes/until-signal.ts';
import type { Builder } from '../service/builder.ts';
import { openStores } from '../service/open-stores.ts';
import { runLanes } from '../service/run-lanes.ts';
import { serveEdge } from '../service/serve-edge.ts';
import { connectWorkspaces } from '../service/workspaces.ts';
import { type NodeTask, queueLeaseMs } from './node-task.ts';

/** A node of the service for the chaos test: its own composition without the push lane, on stores that it shares with other nodes. */
const task = JSON.parse(process.argv[2] ?? '{}') as NodeTask;
const environment = { ...readEnvironment(), home: task.home };
const own = pathsOf(environment);
const shared = pathsOf({ ...environment, home: task.shared });
const paths = { ...own, ledger: shared.ledger, archive: shared.archive, blobs: shared.blobs, keys: shared.keys };
for (const folder of [paths.run, paths.repositories]) mkdirSync(folder, { recursive: true });
const config = SlowLaneYaml.parse(task.config);
const logger = createLogger(task.name, 'warn');
const key = (name: string): Buffer => readFileSync(join(paths.keys, name));
const { secret } = environment;
const publicUrl = urlOf(config);

const stores = await openStores(paths, config, { logger, secret, leaseMs: queueLeaseMs });
const workspaces = connectWorkspaces({ environment, paths, config, logger, version: 'chaos' });
const { history } = stores.ledger;
const resultLinks = createResultLinks({
  volumes: workspaces.volumes,
  request: async (id) => (await stores.queue.requests.get(id)) ?? history.request(id),
  key: key('link-key'),
  revocations: stores.ledger.revocations,
  publicPath: `${publicUrl}/v1/results`,
});
const feed = createEventFeed(stores.queue.events, {
  history: (requestId, after) => history.requestEvents(requestId, after),
  cursor: () => history.cursor(),
  logger,
});
const builder = withoutPushLane();
const webhookKey = key('webhook-key');
const lanes = await runLanes({
  ...{ config, stores, workspaces, builder, resultLinks, webhookKey, publicUrl, secret, logger },
  clusterOwner: createHmac('sha256', key('link-key')).update('clusters').digest('hex').slice(0, 16),
  times: {
    keeper: { leaseMs: 3_000, callTimeoutMs: 2_000, realityMs: 3_000, breaker: { probeMs: 300, maxProbeMs: 1_000 } },
    clusters: { tickMs: 200, readyMs: 1_000, sweepMs: 1_000, quietSweepMs: 1_000, settleMs: 2_000 },
    work: { tickMs: 250, lostAfterMs: 2_500, lockMs: 3_000 },
  },
});
const edge = await serveEdge({
  ...{ paths, config, stores, workspaces, builder, lanes, feed, resultLinks, webhookKey, publicUrl, logger },
  version: 'chaos',
});
process.stdout.write('ready\n');

await untilSignal();
await edge.close();
await feed.close();
await lanes.stop();
await stores.close();
process.exit(0);

/** Nothing is pushed to these nodes; who asks all the same is told. */
function withoutPushLane(): Builder {
  const absent = (): never => {
    throw new SlowLaneError('platform.unexpected', 'a node of the chaos test has no push lane');
  };
  const none = new Proxy({}, { get: () => absent }) as never;
  return {
    ...{ stages: none, plugins: none, modules: none, gateway: none },
    ...{ promote: absent, apply: absent, importPush: absent, close: async () => undefined },
  };
}
