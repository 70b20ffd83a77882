import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, pathsOf, readEnvironment } from '@slowlane/config';
import { connectHelper } from '@slowlane/helper';
import { identify } from '@slowlane/process';
import { createWorkspace } from '@slowlane/workspace';
import { parseBytes, parseDuration } from '@slowlane/kit';
import { keptSecret } from '../processes/kept-secret.ts';
import { createLogger } from '../processes/logger.ts';
import { noteProcess } from '../processes/process-record.ts';
import { sandboxRoot } from '../processes/sandbox-root.ts';
import { untilSignal } from '../processes/until-signal.ts';
import { openWorkspaceGateway } from '../processes/workspace-gateway.ts';
import { workspaceLimits } from '../processes/workspace-limits.ts';

/** The local workspace: a Databricks-compatible server whose runs are real Spark in the sandbox. A process of its own, so that no crash of the service ends it. */
const environment = readEnvironment();
const paths = pathsOf(environment);
const config = loadConfig(environment.configFile);
const logger = createLogger('workspace');
const settings = config.workspaces['local'];
// What `slowlane workspace up` was called with.
const { values: asked } = parseArgs({
  options: { master: { type: 'string' }, port: { type: 'string' }, volumes: { type: 'string' } },
});
if (settings?.kind !== 'local') throw new Error('slowlane.yaml names no local workspace');

const port = asked.port === undefined ? settings.port : Number(asked.port);

const gateway = await openWorkspaceGateway({ paths, config, environment, logger });
const workspace = await createWorkspace({
  stateDir: paths.workspace,
  volumesDir: asked.volumes ?? paths.volumes,
  ...(asked.master === undefined ? {} : { externalMaster: asked.master }),
  driver: connectHelper(paths.helperSocket),
  gatewaySocket: gateway.socketPath,
  registries: gateway.registries,
  root: (await sandboxRoot(paths, config)).root,
  token: keptSecret(join(paths.keys, 'workspace-token'), 'dapi'),
  publicUrl: `http://127.0.0.1:${port}`,
  limits: {
    driverMemoryBytes: parseBytes(settings.memory),
    cpus: 2,
    maxActiveRuns: settings.max_active_runs,
    wallMs: parseDuration(config.policy.job_timeout),
    ...workspaceLimits(settings.limits),
  },
  notificationHosts: settings.notification_hosts,
  user: { userName: 'slowlane@localhost' },
  logger,
});
const { url } = await workspace.listen(port, '127.0.0.1');
const self = identify(process.pid);
if (self !== undefined) noteProcess(paths.run, 'workspace', { ...self, port });
logger.info({ url }, 'workspace is ready');
await untilSignal();
await workspace.close();
await gateway.close();
