import { join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  type Environment,
  type Paths,
  registryAddresses,
  registryCredentials,
  type SlowLaneYaml,
  sourceCredentials,
  sourceKeys,
  sourceHosts,
} from '@slowlane/config';
import { connectHelper } from '@slowlane/helper';
import { operationRule, splitPools } from '@slowlane/kit';
import { createGateway, type Gateway } from '@slowlane/gateway';
import type { Logger, ModuleHost, PluginHost } from '@slowlane/contracts';
import {
  type ApplyPipeline,
  applyPipeline,
  createPromotion,
  createStages,
  type PromoteBuild,
  type StageDeps,
  type Stages,
} from '@slowlane/pipeline';
import { startModuleHost, startPluginHost } from '@slowlane/pluginhost';
import { type FetchSandbox, importPack, type Mirror, openMirror, setRef } from '@slowlane/sources';
import type { Tool } from '@slowlane/toolchains';
import { findCaBundle } from '../ground/ca-bundle.ts';
import { upstreams } from '../ground/ground.ts';
import { pluginPlaces } from '../plugins/plugin-places.ts';
import { repository } from '../processes/installation.ts';
import { sandboxRoot } from '../processes/sandbox-root.ts';
import { checkPipeline } from './check-pipeline.ts';
import type { Stores } from './open-stores.ts';
import { readTrustedRoot } from './read-trusted-root.ts';
import type { Workspaces } from './workspaces.ts';

/** The push lane's hands: stages, plugin host, gateway and mirrors. */
export interface Builder {
  stages: Stages;
  promote: PromoteBuild;
  plugins: PluginHost;
  /** Mediator modules; in the same sandbox as plugins. */
  modules: ModuleHost;
  gateway: Gateway;
  apply: ApplyPipeline;
  importPush(pipeline: string, commit: string, pack: Readable): Promise<void>;
  close(): Promise<void>;
}

export async function createBuilder(setting: {
  paths: Paths;
  config: SlowLaneYaml;
  environment: Pick<Environment, 'secret'>;
  /** Plugins are found relative to it. */
  configFile: string;
  stores: Stores;
  workspaces: Workspaces;
  logger: Logger;
}): Promise<Builder> {
  const { paths, config, environment, stores, workspaces, logger } = setting;
  const driver = connectHelper(paths.helperSocket, config.sandbox.driver);
  const { root, tools } = await sandboxRoot(paths, config);
  const caBundle = findCaBundle(config.ca_bundle);
  const gateway = await createGateway({
    stateDir: paths.gateway,
    socketsDir: paths.gatewaySockets,
    upstreams: await upstreams({ paths, registries: registryAddresses(config.registries) }),
    credentials: registryCredentials(config.registries, environment.secret),
    gitCredentials: sourceCredentials(config.sources, environment.secret),
    gitKeys: sourceKeys(config.sources, environment.secret),
    caBundle,
    webHosts: config.policy.downloads,
    blobs: stores.blobs,
    logger,
  });
  const places = pluginPlaces(config.plugins, setting.configFile);
  const plugins = await startPluginHost({
    driver,
    root,
    repositoryDir: repository,
    plugins: places,
    // Every push asks all of them: with fewer processes than plugins each would be started anew for it.
    size: Math.max(4, places.length),
    logger,
  });
  const modules = startModuleHost({ driver, root, logger });
  const { pipelines, registrations } = stores.ledger;
  const mirror = mirrorsIn(paths.mirrors, { driver, root: () => root, gateway });
  const alsoCheck = checkPipeline(config);
  const apply = applyPipeline({ pipelines, policy: config.policy, alsoCheck });
  const stageDeps: StageDeps = {
    builds: stores.queue.builds,
    pipelines,
    registrations,
    plugins,
    sandbox: driver,
    tier: config.sandbox.driver === 'bubblewrap' ? config.sandbox.tier : 'oci',
    root: () => root,
    toolchains: tools.map(({ name, version }) => ({ name, version })),
    gateway,
    blobs: stores.blobs,
    cache: stores.cache,
    mirror,
    fetchFrom: { protocols: ['https', 'ssh'], hosts: ['*', ...sourceHosts(config.sources)] },
    workspace: (name) => workspaces.client(name),
    ...localPython(config, tools),
    pools: splitPools(config.pools).pools,
    policy: config.policy,
    ...readTrustedRoot(config.sigstore?.trusted_root, setting.configFile),
    alsoCheck,
    signingKey: stores.signingKey,
    artifactBase: `${config.volumes}/artifacts`,
    zone: 'default',
    declareLimits: async ({ name, file }) => {
      await stores.queue.gate.declare({ [`op:${name}`]: operationRule(file) });
    },
    clock: { now: () => Date.now() },
    logger,
  };
  const stages = createStages(stageDeps);
  return {
    stages,
    promote: createPromotion(stageDeps),
    plugins,
    modules,
    gateway,
    apply,
    async importPush(pipeline, commit, pack) {
      const target = await mirror(pipeline);
      await importPack(target, pack);
      await setRef(target, `refs/slowlane/${commit}`, commit);
    },
    async close() {
      await modules.close();
      await plugins.close();
      await gateway.close();
    },
  };
}

/** Local workspaces run `/usr/bin/python3`; wheels with compiled code must fit that one. */
function localPython(config: SlowLaneYaml, tools: readonly Tool[]): Pick<StageDeps, 'localPython'> {
  const version = tools
    .find(({ name }) => name === 'python')
    ?.version.split('.')
    .slice(0, 2)
    .join('.');
  const workspaces = Object.entries(config.workspaces).flatMap(([name, { kind }]) => (kind === 'local' ? [name] : []));
  return version === undefined ? {} : { localPython: { version, workspaces } };
}

function mirrorsIn(folder: string, fetchIn: FetchSandbox): (pipeline: string) => Promise<Mirror> {
  const open = new Map<string, Promise<Mirror>>();
  return (pipeline) => {
    const known =
      open.get(pipeline) ?? openMirror({ dir: join(folder, `${pipeline}.git`), gitPath: '/usr/bin/git', fetchIn });
    open.set(pipeline, known);
    return known;
  };
}
