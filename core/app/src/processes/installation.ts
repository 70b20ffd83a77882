import { chmodSync, chownSync, existsSync, lchownSync, mkdirSync, readdirSync, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Environment,
  type Paths,
  type SlowLaneYaml,
  loadConfig,
  pathsOf,
  readEnvironment,
} from '@slowlane/config';
import { SlowLaneError } from '@slowlane/contracts';
import { type Account, serviceAccount } from '../ground/service-user.ts';
import { type Enclosure, firstClosed, noEnclosure, openEnclosure, rootEnclosure } from './enclosure.ts';

/** Everything that names this installation: where it lives, how it is configured, who its processes run as. */
export interface Installation {
  environment: Environment;
  paths: Paths;
  config: SlowLaneYaml;
  /** Folder of the checkout. */
  repository: string;
  url: string;
}

export const repository = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');

/** `mayBeNew`: the configuration file that the caller names is yet to be written. */
export function thisInstallation({ mayBeNew = false } = {}): Installation {
  const environment = readEnvironment();
  checkPlaces(environment, mayBeNew);
  const config = loadConfig(environment.configFile);
  return { environment, paths: pathsOf(environment), config, repository, url: environment.url ?? urlOf(config) };
}

/** statfs(2): file systems of the kernel, in which nobody makes folders. Node's recursive mkdir never returns from a try (ENOENT of /proc). */
const kernelFileSystems = new Map([
  [0x9fa0, 'proc'],
  [0x62656572, 'sysfs'],
]);

function checkPlaces({ home, configFile, isConfigNamed }: Environment, mayBeNew: boolean): void {
  if (isConfigNamed && !mayBeNew && !existsSync(configFile))
    throw new SlowLaneError('config.invalid', `SLOWLANE_CONFIG: there is no file ${configFile}`, {
      hint: 'Name a file that is there, or unset it: without one, all defaults hold.',
    });
  let place = resolve(home);
  while (!existsSync(place)) place = dirname(place);
  const kind = kernelFileSystems.get(statfsSync(place).type);
  if (kind !== undefined)
    throw new SlowLaneError('config.invalid', `SLOWLANE_HOME: ${home} is in a file system of the kernel (${kind})`, {
      hint: 'Name a folder on a disk, for example SLOWLANE_HOME=$HOME/.slowlane',
    });
}

export function urlOf(config: SlowLaneYaml): string {
  return (
    config.public_url ??
    `http://${config.listen.host === '0.0.0.0' ? '127.0.0.1' : config.listen.host}:${config.listen.port}`
  );
}

/** Who the processes run as, and how they are started so that they reach what they must. */
export async function startingPoint(installation: Installation): Promise<{ account: Account; enclosure: Enclosure }> {
  return { account: await serviceAccount(), enclosure: enclosureOf(installation) };
}

function enclosureOf({ environment, repository, config }: Installation): Enclosure {
  if (process.getuid?.() !== 0) return noEnclosure;
  if (config.sandbox.driver === 'bubblewrap') return rootEnclosure(environment, repository);
  const closed = firstClosed([environment.home, environment.ground, repository]);
  if (closed === undefined) return openEnclosure;
  throw new SlowLaneError(
    'ground.missing',
    `sandbox.driver: a container of ${config.sandbox.driver} cannot reach ${closed}: a folder above it is closed to others`,
    { hint: 'Move it to a place that all may pass (as /srv), or use sandbox: { driver: bubblewrap }.' },
  );
}

/** Makes the folders of the installation, owned by the service user; the home can be passed through but not listed by others. */
export function prepareFolders(paths: Paths, account: Account): void {
  const own = [
    paths.home,
    paths.run,
    paths.logs,
    paths.redis,
    paths.archive,
    paths.blobs,
    paths.cache,
    paths.keys,
    paths.mirrors,
    paths.repositories,
    paths.gateway,
    paths.workspace,
    paths.volumes,
    paths.gatewaySockets,
  ];
  for (const folder of own) {
    const isNew = !existsSync(folder);
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    if (isNew || folder === paths.home) giveTo(folder, account);
  }
  // A command that root ran before the first start may have made a secret there.
  for (const path of [paths.keys, ...readdirSync(paths.keys).map((name) => join(paths.keys, name))])
    if (process.getuid?.() === 0) lchownSync(path, account.uid, account.gid);
  chmodSync(paths.home, 0o711);
  for (const folder of [paths.keys, paths.redis, paths.repositories, paths.mirrors]) chmodSync(folder, 0o700);
  mkdirSync(paths.ground, { recursive: true });
}

function giveTo(folder: string, account: Account): void {
  if (process.getuid?.() === 0) chownSync(folder, account.uid, account.gid);
}
