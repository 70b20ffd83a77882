import { join } from 'node:path';
import type { Environment, Paths, SlowLaneYaml, WorkspaceSettings } from '@slowlane/config';
import { type Logger, SlowLaneError, type VolumeStore } from '@slowlane/contracts';
import {
  createDatabricksClient,
  defaultRates,
  type DatabricksClient,
  type DatabricksClientOptions,
  volumeStoreOf,
} from '@slowlane/databricks';
import { findCaBundle } from '../ground/ca-bundle.ts';
import { keptSecret } from '../processes/kept-secret.ts';

/** Clients of the configured workspaces, made at first use. */
export interface Workspaces {
  client(name: string): DatabricksClient;
  volumes(name: string): VolumeStore;
}

export function connectWorkspaces(setting: {
  environment: Environment;
  paths: Paths;
  config: SlowLaneYaml;
  logger: Logger;
  version: string;
}): Workspaces {
  const clients = new Map<string, DatabricksClient>();
  const client = (name: string) => {
    const known = clients.get(name);
    if (known !== undefined) return known;
    const settings = setting.config.workspaces[name];
    if (settings === undefined)
      throw new SlowLaneError('config.invalid', `no workspace "${name}" in slowlane.yaml`, {
        hint: `Known: ${Object.keys(setting.config.workspaces).join(', ')}`,
      });
    const caBundle = findCaBundle(setting.config.ca_bundle);
    const made = createDatabricksClient({
      ...reach(name, settings, setting),
      ...(caBundle === undefined ? {} : { caBundle }),
      userAgent: `slowlane/${setting.version}`,
      logger: setting.logger,
    });
    clients.set(name, made);
    return made;
  };
  return { client, volumes: (name) => volumeStoreOf(client(name)) };
}

/** The local workspace is ours alone: the service's own limits do not apply to it. */
const unlimited: Record<string, number> = Object.fromEntries(
  Object.keys(defaultRates).map((family) => [family, Number.POSITIVE_INFINITY]),
);

function reach(
  name: string,
  settings: WorkspaceSettings,
  { environment, paths }: { environment: Environment; paths: Paths },
): Pick<DatabricksClientOptions, 'host' | 'auth' | 'rates'> {
  if (settings.kind === 'local') {
    return {
      host: `http://127.0.0.1:${settings.port}`,
      auth: { token: keptSecret(join(paths.keys, 'workspace-token'), 'dapi') },
      rates: unlimited,
    };
  }
  const secret = (variable: string | undefined) => (variable === undefined ? undefined : environment.secret(variable));
  const token = secret(settings.token_env);
  if (token !== undefined) return { host: settings.host, auth: { token } };
  const clientId = secret(settings.client_id_env);
  const clientSecret = secret(settings.client_secret_env);
  if (clientId !== undefined && clientSecret !== undefined)
    return { host: settings.host, auth: { clientId, clientSecret } };
  throw new SlowLaneError('config.invalid', `workspace "${name}" has no credentials`, {
    hint: 'Set the variable that token_env names, or those of client_id_env and client_secret_env',
  });
}
