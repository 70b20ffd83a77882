import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadConfig, pathsOf, readEnvironment } from '@slowlane/config';
import { serveHelper } from '@slowlane/helper';
import { closeInheritedDescriptors, identify } from '@slowlane/process';
import { findCaBundle } from '../ground/ca-bundle.ts';
import { pluginPlaces } from '../plugins/plugin-places.ts';
import { repository } from '../processes/installation.ts';
import { createLogger } from '../processes/logger.ts';
import { noteProcess } from '../processes/process-record.ts';
import { openSandboxDriver } from '../processes/sandbox-driver.ts';
import { slotUids } from '../processes/slot-uids.ts';
import { untilSignal } from '../processes/until-signal.ts';

/**
 * The one process with root's rights: it runs sandboxes from specifications that the service and the workspace send over a Unix
 * socket, and parses nothing else.
 */
closeInheritedDescriptors();
const { values: asked } = parseArgs({
  options: { 'allow-host-network': { type: 'boolean' }, 'allow-source': { type: 'string' } },
});
const environment = readEnvironment();
const paths = pathsOf(environment);
const logger = createLogger('helper');
const owner = environment.account ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
mkdirSync(paths.helper, { recursive: true, mode: 0o711 });

const config = loadConfig(environment.configFile);
const caBundle = findCaBundle(config.ca_bundle);
const own = slotUids(environment.home);
const driver = await openSandboxDriver(config.sandbox, {
  stateDir: paths.helper,
  allowedSources: [
    '/usr',
    '/etc',
    paths.home,
    paths.ground,
    repository,
    ...pluginPlaces(config.plugins, environment.configFile).flatMap(({ folder, source }) =>
      source === 'built-in' ? [] : [folder],
    ),
    ...Object.values(config.toolchains).map(({ home }) => home),
    ...[caBundle, asked['allow-source']].filter((path) => path !== undefined),
  ],
  slots: { ...own, firstUid: environment.firstSlotUid ?? own.firstUid },
  caller: owner,
  nodePath: process.execPath,
  allowsHostNetwork: asked['allow-host-network'] === true,
  logger,
});
const reaped = await driver.reap();
logger.info({ ...reaped }, 'cleaned up after an earlier helper');
const server = await serveHelper({
  driver,
  socketPath: paths.helperSocket,
  owner,
  logger,
});
const self = identify(process.pid);
if (self !== undefined) noteProcess(paths.run, 'helper', self);
logger.info({ socket: paths.helperSocket }, 'helper is ready');
await untilSignal();
await server.close();
