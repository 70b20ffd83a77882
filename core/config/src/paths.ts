import { join } from 'node:path';
import type { Environment } from './environment.ts';

/** Every folder and file of one installation. `helper` belongs to the sandbox helper alone; the rest to the service user. */
export interface Paths {
  home: string;
  ground: string;
  run: string;
  logs: string;
  redis: string;
  ledger: string;
  archive: string;
  blobs: string;
  cache: string;
  keys: string;
  mirrors: string;
  repositories: string;
  gateway: string;
  workspace: string;
  volumes: string;
  helper: string;
  /** Pinned root file systems. */
  roots: string;
  adminToken: string;
  helperSocket: string;
  hookSocket: string;
  gatewaySockets: string;
  sbtLauncher: string;
  sparkSite: string;
  nodeBinary: string;
  upstreams: string;
}

export function pathsOf(environment: Environment): Paths {
  const { home, ground } = environment;
  const run = join(home, 'run');
  return {
    home,
    ground,
    run,
    logs: join(home, 'logs'),
    redis: join(home, 'redis'),
    ledger: join(home, 'ledger.sqlite'),
    archive: join(home, 'archive'),
    blobs: join(home, 'blobs'),
    cache: join(home, 'cache'),
    keys: join(home, 'keys'),
    mirrors: join(home, 'mirrors'),
    repositories: join(home, 'git'),
    gateway: join(home, 'gateway'),
    workspace: join(home, 'workspace'),
    volumes: join(home, 'volumes'),
    helper: join(home, 'helper'),
    roots: join(home, 'roots'),
    adminToken: join(home, 'admin-token'),
    helperSocket: join(run, 'helper.sock'),
    hookSocket: join(run, 'hook.sock'),
    gatewaySockets: join(run, 'gw'),
    sbtLauncher: join(ground, 'sbt', 'sbt-launch.jar'),
    sparkSite: join(ground, 'spark'),
    nodeBinary: join(ground, 'node', 'node_modules', 'node', 'bin', 'node'),
    upstreams: join(ground, 'upstreams.json'),
  };
}
