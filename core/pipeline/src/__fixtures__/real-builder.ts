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
  sparkSite: string;
  nodeBinary: string;
}

/** Root, bubblewrap, and the tools that `slowlane up` installs. */
export async function canStartRealBuilder(): Promise<boolean> {
  return canStartTestHelper() && existsSync((await places()).sbtLauncher);
}

/** `upstreams`: registries besides those that the tools are set up for; `webHosts`: of the registry `web`. */
export async function startRealBuilder({
  upstreams = {},
  webHosts = [],
  plugins: extra = [],
  toolchains: declared = {},
}: {
  upstreams?: Record<string, string>;
  webHosts?: string[];
  /** Besides those that ship. */
  plugins?: { id: string; folder: string; signsAs?: string }[];
  /** Tools that an operator declares. */
  toolchains?: Record<string, { home: string }>;
} = {}): Promise<RealBuilder> {
  const repositoryDir = join(import.meta.dirname, '../../../..');
  const { sbtLauncher, sparkSite } = await places();
  const spark = existsSync(sparkSite) ? { sparkHome: sparkSite } : {};
  const folder = await temporaryFolder();
  const logger: Logger = createMemoryLogger();
  const { discoverTools, hostRoot } = (await import(modules.toolchains)) as {
    discoverTools(options: object): Promise<{ name: string; version: string; home: string }[]>;
    hostRoot(options: object): Promise<RootSpec>;
  };
  const tools = await discoverTools({ sbtLauncher, ...spark, nodeBinary: process.execPath, declared });
  const root = await hostRoot({ tools, sbtLauncher, ...spark, nodeBinary: process.execPath });
  const sources = [
    repositoryDir,
    sbtLauncher,
    ...[...tools.map(({ home }) => home), ...extra.map(({ folder }) => folder)],
  ];
  const helper = await startTestHelper({ allowedSources: sources });
  const gateway = await openGateway(folder.path, { sbtLauncher, upstreams, webHosts, logger });
  const plugins = await openPlugins({ driver: helper.driver, root, repositoryDir, logger, extra });
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

async function openGateway(
  folder: string,
  {
    sbtLauncher,
    upstreams,
    webHosts,
    logger,
  }: { sbtLauncher: string; upstreams: Record<string, string>; webHosts: string[]; logger: Logger },
): Promise<DependencyGateway> {
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
    upstreams: { ...(maven === undefined ? {} : { maven }), ...(pypi === undefined ? {} : { pypi }), ...upstreams },
    webHosts,
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
  extra: { id: string; folder: string; signsAs?: string }[];
}): Promise<PluginHost> {
  const { startPluginHost } = (await import(modules.pluginhost)) as {
    startPluginHost(options: object): Promise<PluginHost>;
  };
  const plugins = ['java-maven', 'scala-sbt', 'python', 'notebook', 'java-gradle', 'r', 'jar'].map((id) => ({
    id,
    folder: `plugins/${id}`,
  }));
  const { extra, ...rest } = options;
  return startPluginHost({ ...rest, plugins: [...plugins, ...extra] });
}
