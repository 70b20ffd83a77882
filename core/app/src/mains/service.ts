import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, pathsOf, readEnvironment } from '@slowlane/config';
import { createEventFeed } from '@slowlane/notify';
import { identify } from '@slowlane/process';
import { createResultLinks } from '@slowlane/results';
import { repository, urlOf } from '../processes/installation.ts';
import { keptSecret } from '../processes/kept-secret.ts';
import { createLogger } from '../processes/logger.ts';
import { noteProcess } from '../processes/process-record.ts';
import { untilSignal } from '../processes/until-signal.ts';
import { createBuilder } from '../service/builder.ts';
import { openStores } from '../service/open-stores.ts';
import { runLanes } from '../service/run-lanes.ts';
import { serveEdge } from '../service/serve-edge.ts';
import { connectWorkspaces } from '../service/workspaces.ts';

/** The service: endpoint, mediator, keeper, builder, archiver, gateway and git remote in one process, as an ordinary user. */
process.umask(0o002);
const environment = readEnvironment();
const paths = pathsOf(environment);
const config = loadConfig(environment.configFile);
const logger = createLogger('service');
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
const publicUrl = urlOf(config);
const webhookKey = Buffer.from(keptSecret(join(paths.keys, 'webhook-key')));

const stores = await openStores(paths, config, { logger, secret: environment.secret });
const workspaces = connectWorkspaces({ environment, paths, config, logger, version });
const builder = await createBuilder({
  paths,
  config,
  environment,
  configFile: environment.configFile,
  stores,
  workspaces,
  logger,
});
const linkKey = Buffer.from(keptSecret(join(paths.keys, 'link-key')));
const { history } = stores.ledger;
const resultLinks = createResultLinks({
  volumes: workspaces.volumes,
  request: async (id) => (await stores.queue.requests.get(id)) ?? history.request(id),
  key: linkKey,
  revocations: stores.ledger.revocations,
  publicPath: `${publicUrl}/v1/results`,
});
const feed = createEventFeed(stores.queue.events, {
  history: (requestId, after) => history.requestEvents(requestId, after),
  cursor: () => history.cursor(),
  logger,
});
const { secret } = environment;
const lanes = await runLanes({
  config,
  stores,
  workspaces,
  builder,
  resultLinks,
  webhookKey,
  // All nodes of an installation share that key, and nobody can tell it from this.
  clusterOwner: createHmac('sha256', linkKey).update('clusters').digest('hex').slice(0, 16),
  publicUrl,
  secret,
  logger,
});
const edge = await serveEdge({
  paths,
  config,
  stores,
  workspaces,
  builder,
  lanes,
  feed,
  resultLinks,
  webhookKey,
  publicUrl,
  version,
  logger,
});
const self = identify(process.pid);
if (self !== undefined) noteProcess(paths.run, 'service', self);
logger.info({ url: publicUrl }, 'service is ready');

await untilSignal();
logger.info({}, 'ending');
await edge.close();
await feed.close();
await lanes.stop();
await builder.close();
await stores.close();
process.exit(0);
