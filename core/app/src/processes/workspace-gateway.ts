import { join } from 'node:path';
import { createFolderBlobStore } from '@slowlane/artifacts';
import type { Paths, SlowLaneYaml } from '@slowlane/config';
import type { Logger } from '@slowlane/contracts';
import { createGateway } from '@slowlane/gateway';
import { findCaBundle } from '../ground/ca-bundle.ts';
import { upstreams } from '../ground/ground.ts';

/** The way to the registries for libraries of clusters. */
export interface WorkspaceGateway {
  socketPath: string;
  /** Registry -> address, without credentials: what a library may name as its `repo`. */
  registries: Record<string, string>;
  close(): Promise<void>;
}

/**
 * A dependency gateway of the workspace's own: the builder's belongs to another process, which may not run and removes sockets that it does
 * not know. The addresses are the same, and so are the rules. Nothing is asked of a registry before a library names it.
 */
export async function openWorkspaceGateway(setting: {
  paths: Paths;
  config: SlowLaneYaml;
  logger: Logger;
}): Promise<WorkspaceGateway> {
  const { paths, config, logger } = setting;
  const stateDir = join(paths.workspace, 'gateway');
  const gateway = await createGateway({
    stateDir,
    // Short: a socket's path has at most 107 bytes.
    socketsDir: join(paths.run, 'wgw'),
    upstreams: await upstreams({ paths, registries: config.registries }),
    caBundle: findCaBundle(config.ca_bundle),
    blobs: createFolderBlobStore(join(stateDir, 'blobs')),
    logger,
  });
  const registries = gateway.upstreams();
  const door = await gateway.open({ id: 'workspace libraries', registries: Object.keys(registries) });
  return { socketPath: door.socketPath, registries, close: () => gateway.close() };
}
