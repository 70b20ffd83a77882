import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderBlobStore } from '@slowlane/artifacts';
import { packFolder } from '@slowlane/archive';
import { registryAddresses } from '@slowlane/config';
import type {
  BlobStore,
  BuildPlan,
  Digest,
  Logger,
  PluginHost,
  RootSpec,
  SandboxDriver,
  TreeSnapshot,
} from '@slowlane/contracts';
import { findRuntime } from '@slowlane/contracts';
import { createGateway, type Gateway } from '@slowlane/gateway';
import { connectHelper } from '@slowlane/helper';
import { startPluginHost } from '@slowlane/pluginhost';
import type { Tool } from '@slowlane/toolchains';
import { templateFolder } from '../../demo/repositories.ts';
import { findCaBundle } from '../../ground/ca-bundle.ts';
import { upstreams } from '../../ground/ground.ts';
import { pluginFolders } from '../../plugins.gen.ts';
import type { Installation } from '../../processes/installation.ts';
import { createLogger } from '../../processes/logger.ts';
import { sandboxRoot } from '../../processes/sandbox-root.ts';

/** What both sides of the bench share: plans, and a gateway of the bench's own, so that no other build's cache helps either of them. */
export interface BuildRig {
  installation: Installation;
  driver: SandboxDriver;
  root: RootSpec;
  tools: readonly Tool[];
  plugins: PluginHost;
  gateway: Gateway;
  blobs: BlobStore;
  logger: Logger;
  /** Scratch, removed by `close`. */
  folder: string;
  close(): Promise<void>;
}

export interface BenchProject {
  plan: BuildPlan;
  /** Blob: tar of the project. */
  archive: Digest;
  /** Files as they are. */
  source: string;
}

export async function openBuildRig(installation: Installation): Promise<BuildRig> {
  const { paths, config, repository } = installation;
  const { root, tools } = await sandboxRoot(paths, config);
  const driver = connectHelper(paths.helperSocket, config.sandbox.driver);
  const logger = createLogger('bench', 'error');
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-bench-'));
  const blobs = createFolderBlobStore(join(folder, 'blobs'));
  const plugins = await startPluginHost({ driver, root, repositoryDir: repository, plugins: pluginFolders, logger });
  mkdirSync(join(folder, 'gw'));
  const gateway = await createGateway({
    stateDir: join(folder, 'gateway'),
    socketsDir: join(folder, 'gw'),
    upstreams: await upstreams({ paths, registries: registryAddresses(config.registries) }),
    caBundle: findCaBundle(config.ca_bundle),
    blobs,
    logger,
  });
  return {
    ...{ installation, driver, root, tools, plugins, gateway, blobs, logger, folder },
    async close() {
      await plugins.close();
      await gateway.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A driver template as an author would push it, and the plan of its build, without tests. */
export async function openProject(rig: BuildRig, language: string, template: string): Promise<BenchProject> {
  const source = templateFolder(rig.installation.repository, template);
  const plan = await rig.plugins.plan(language, snapshot(source), {
    runTests: false,
    coverage: false,
    runtime: findRuntime('17.3.x-scala2.13') as never,
    main: undefined,
    artifact: undefined,
    options: {},
    toolchains: rig.tools.map(({ name, version }) => ({ name, version })),
  });
  const { stream } = await packFolder(source, isSource);
  return { plan, archive: (await rig.blobs.put(stream)).digest, source };
}

export function isSource(path: string): boolean {
  return !/(^|\/)(target|build|\.gradle|\.bsp|\.git|__pycache__)(\/|$)/.test(path);
}

function snapshot(source: string): TreeSnapshot {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((path) => isSource(path) && statSync(join(source, path)).isFile())
    .sort();
  const contents = Object.fromEntries(files.map((path) => [path, readFileSync(join(source, path), 'utf8')]));
  return { entries: files.map((path) => ({ path, size: Buffer.byteLength(contents[path] as string) })), contents };
}
