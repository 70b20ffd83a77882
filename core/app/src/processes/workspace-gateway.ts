import { join } from 'node:path';
import { createFolderBlobStore } from '@slowlane/artifacts';
import {
  type Environment,
  type Paths,
  registryAddresses,
  registryCredentials,
  type SlowLaneYaml,
} from '@slowlane/config';
import type { Logger } from '@slowlane/contracts';
import { createGateway } from '@slowlane/gateway';
import { findCaBundle } from '../ground/ca-bundle.ts';
import { upstreams } from '../ground/ground.ts';
import { boundFolder } from './bound-folder.ts';

/** Of libraries that runs have asked for; checked when the workspace starts. */
const maxBlobBytes = 5 * 1_024 ** 3;

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
  environment: Pick<Environment, 'secret'>;
  logger: Logger;
}): Promise<WorkspaceGateway> {
  const { paths, config, environment, logger } = setting;
  const stateDir = join(paths.workspace, 'gateway');
  // Nothing else refers to them: what is asked for again is fetched again.
  const removedBytes = await boundFolder(join(stateDir, 'blobs'), maxBlobBytes);
  if (removedBytes > 0)
    logger.info({ removedBytes }, 'the oldest libraries in the cache of the workspace were removed');
  const gateway = await createGateway({
    stateDir,
    // Short: a socket's path has at most 107 bytes.
    socketsDir: join(paths.run, 'wgw'),
    upstreams: await upstreams({ paths, registries: registryAddresses(config.registries) }),
    credentials: registryCredentials(config.registries, environment.secret),
    caBundle: findCaBundle(config.ca_bundle),
    blobs: createFolderBlobStore(join(stateDir, 'blobs')),
    logger,
  });
  const registries = gateway.upstreams();
  const door = await gateway.open({ id: 'workspace libraries', registries: Object.keys(registries) });
  return { socketPath: door.socketPath, registries, close: () => gateway.close() };
}
