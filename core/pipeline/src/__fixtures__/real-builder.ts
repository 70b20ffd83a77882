import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DependencyGateway, Logger, PluginHost, RootSpec, SandboxDriver } from '@slowlane/contracts';
import { canStartTestHelper, createMemoryBlobStore, createMemoryLogger, startTestHelper } from '@slowlane/testkit';
import type { StageDeps } from '../stage-deps.ts';
import { temporaryFolder } from './stage-rig.ts';

/** The parts that only `app` may know by name: resolved when they are needed, as testkit does. */
const modules = {
  config: '@slowlane/config',
  gateway: '@slowlane/gateway',
  pluginhost: '@slowlane/pluginhost',
  toolchains: '@slowlane/toolchains',
};

export interface RealBuilder {
  /** For `stageRig`: the real sandbox, plugins, toolchains and gateway. */
  deps: Partial<StageDeps>;
  close(): Promise<void>;
}

interface Places {
  sbtLauncher: string;
  nodeBinary: string;
}

/** Root, bubblewrap, and the tools that `slowlane up` installs. */
export async function canStartRealBuilder(): Promise<boolean> {
  return canStartTestHelper() && existsSync((await places()).sbtLauncher);
}

export async function startRealBuilder(): Promise<RealBuilder> {
  const repositoryDir = join(import.meta.dirname, '../../../..');
  const { sbtLauncher } = await places();
  const folder = await temporaryFolder();
  const logger: Logger = createMemoryLogger();
  const { discoverTools, hostRoot } = (await import(modules.toolchains)) as {
    discoverTools(options: object): Promise<{ name: string; version: string; home: string }[]>;
    hostRoot(options: object): Promise<RootSpec>;
  };
  const tools = await discoverTools({ sbtLauncher, nodeBinary: process.execPath });
  const root = await hostRoot({ tools, sbtLauncher, nodeBinary: process.execPath });
  const sources = [repositoryDir, sbtLauncher, ...tools.map((tool) => tool.home)];
  const helper = await startTestHelper({ allowedSources: sources });
  const gateway = await openGateway(folder.path, sbtLauncher, logger);
  const plugins = await openPlugins({ driver: helper.driver, root, repositoryDir, logger });
  return {
    deps: { sandbox: helper.driver, root: () => root, toolchains: tools, gateway, plugins },
    async close() {
      await plugins.close();
      await gateway.close();
      await helper.close();
      await folder.remove();
    },
  };
}

async function places(): Promise<Places> {
  const { pathsOf, readEnvironment } = (await import(modules.config)) as {
    pathsOf(environment: object): Places;
    readEnvironment(): object;
  };
  return pathsOf(readEnvironment());
}

async function openGateway(folder: string, sbtLauncher: string, logger: Logger): Promise<DependencyGateway> {
  const { createGateway, learnUpstreams } = (await import(modules.gateway)) as {
    createGateway(options: object): Promise<DependencyGateway>;
    learnUpstreams(places: object): Promise<{ maven?: string; pypi?: string }>;
  };
  const { maven, pypi } = await learnUpstreams({
    python: '/usr/bin/python3',
    mavenHomes: ['/usr/share/maven'],
    sbtLauncher,
  });
  return createGateway({
    stateDir: join(folder, 'gateway'),
    socketsDir: join(folder, 'doors'),
    upstreams: { ...(maven === undefined ? {} : { maven }), ...(pypi === undefined ? {} : { pypi }) },
    caBundle: undefined,
    blobs: createMemoryBlobStore(),
    logger,
  });
}

async function openPlugins(options: {
  driver: SandboxDriver;
  root: RootSpec;
  repositoryDir: string;
  logger: Logger;
}): Promise<PluginHost> {
  const { startPluginHost } = (await import(modules.pluginhost)) as {
    startPluginHost(options: object): Promise<PluginHost>;
  };
  const plugins = ['java-maven', 'scala-sbt', 'python'].map((id) => ({ id, folder: `plugins/${id}` }));
  return startPluginHost({ ...options, plugins });
}
