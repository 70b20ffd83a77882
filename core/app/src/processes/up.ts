import { connect } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { credentialVariables } from '@slowlane/config';
import { SlowLaneError } from '@slowlane/contracts';
import { isAlive, type ProcessIdentity, run, start, startDetached, terminate } from '@slowlane/process';
import type { Account } from '../ground/service-user.ts';
import { checkCaBundle } from './check-ca-bundle.ts';
import type { Enclosure } from './enclosure.ts';
import { type Installation, prepareFolders, startingPoint } from './installation.ts';
import { endRuns } from './end-runs.ts';
import { localWorkspace } from './local-workspace.ts';
import { slotUids } from './slot-uids.ts';
import { findProcess, forgetProcess, noteProcess, type ProcessName } from './process-record.ts';

type Startable = Exclude<ProcessName, 'redis'>;

interface Part {
  name: Startable;
  enclosure: Enclosure;
  runsAs: Account | 'root';
  /** Who the helper serves, and who the others are. */
  account: Account;
  /** Arguments of its program. */
  args?: string[];
}

/** What `workspace up` asks for: helper and workspace alone. */
export interface WorkspaceAlone {
  /** An existing Spark; its runs use this machine's network. */
  master?: string | undefined;
  volumes?: string | undefined;
}

/** Starts what does not run yet, in order (helper, workspace, service), and returns when the service answers. */
export async function startAll(
  installation: Installation,
  say: (line: string) => void,
  alone?: WorkspaceAlone,
): Promise<string[]> {
  const { account, enclosure } = await startingPoint(installation);
  prepareFolders(installation.paths, account);
  if (findProcess(installation.paths.run, 'helper') === undefined && !isRootless(installation)) await askForRoot();
  const started: string[] = [];
  const ensure = async (part: Part, ready: () => Promise<boolean>) => {
    if (findProcess(installation.paths.run, part.name) !== undefined && (await ready())) return;
    await assertPortFree(installation, part.name);
    if (started.length === 0) await checkCaBundle(installation, { account, enclosure });
    say(`starting ${part.name} ...`);
    const identity = launch(installation, part);
    noteProcess(installation.paths.run, part.name, identity);
    await untilReady(installation, { name: part.name, identity, ready });
    started.push(part.name);
  };
  const helper = isRootless(installation)
    ? rootlessHelper(enclosure, account)
    : { enclosure, runsAs: 'root' as const, account };
  await ensure({ name: 'helper', ...helper, args: helperArgs(alone) }, () =>
    canConnect({ path: installation.paths.helperSocket }),
  );
  const local = installation.config.workspaces['local'];
  const ordinary = { enclosure, runsAs: account, account };
  if (local?.kind === 'local') {
    assertSamePort(findProcess(installation.paths.run, 'workspace')?.port, local.port);
    await ensure({ name: 'workspace', ...ordinary, args: workspaceArgs(local.port, alone) }, () =>
      canConnect({ port: local.port, host: '127.0.0.1' }),
    );
  }
  if (alone === undefined) await ensure({ name: 'service', ...ordinary }, () => isHealthy(installation.url));
  return started;
}

/** Ends the processes of the installation, the service first. Runs go on under their supervisors, unless `runs` asks for their end too. */
export async function stopAll(installation: Installation, options: { runs: boolean }): Promise<string[]> {
  const ended: string[] = [];
  for (const name of ['service', 'redis', 'workspace', 'helper'] as const) {
    const identity = findProcess(installation.paths.run, name);
    if (identity === undefined) continue;
    if (name === 'workspace' && options.runs) await endRuns(localWorkspace(installation));
    if (name === 'helper' && !isRoot() && !isRootless(installation)) await terminateAsRoot(identity);
    else await terminate(identity, { graceMs: 15_000 });
    forgetProcess(installation.paths.run, name);
    ended.push(name);
  }
  return ended;
}

/** A second workspace on the same state would run every program twice. */
function assertSamePort(running: number | undefined, wanted: number): void {
  if (running === undefined || running === wanted) return;
  throw new SlowLaneError(
    'ground.port-in-use',
    `the workspace of this installation runs on port ${running}, not on ${wanted}`,
    { hint: 'Run: ./slowlane down, and start again' },
  );
}

function helperArgs(alone: WorkspaceAlone | undefined): string[] {
  return [
    ...(alone?.master === undefined ? [] : ['--allow-host-network']),
    ...(alone?.volumes === undefined ? [] : ['--allow-source', alone.volumes]),
  ];
}

function workspaceArgs(port: number, alone: WorkspaceAlone | undefined): string[] {
  if (alone === undefined) return [];
  return [
    ...['--port', String(port)],
    ...(alone.master === undefined ? [] : ['--master', alone.master]),
    ...(alone.volumes === undefined ? [] : ['--volumes', alone.volumes]),
  ];
}

/** Half of each process' youngest generation, MiB. The helper reads one specification at a time; the others serve many at once. */
const youngMiB: Record<Startable, number> = { helper: 1, workspace: 4, service: 4 };

function launch(installation: Installation, part: Part): ProcessIdentity {
  const { paths } = installation;
  const log = join(paths.logs, `${part.name}.log`);
  const program = part.enclosure.inside(join(installation.repository, 'core/app/src/mains', `${part.name}.ts`));
  const env = environmentOf(installation, part);
  const argv = [
    ...part.enclosure.prefix(part.runsAs),
    part.enclosure.inside(paths.nodeBinary),
    '--disable-warning=ExperimentalWarning',
    // The youngest generation is kept for good once a start has filled it: by default tens of megabytes that an idle process never uses.
    `--max-semi-space-size=${youngMiB[part.name]}`,
    program,
    ...(part.args ?? []),
  ];
  const needsSudo = part.name === 'helper' && !isRoot() && !isRootless(installation);
  // sudo drops the environment: env gives it back, whatever the sudoers file says.
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return startDetached(needsSudo ? ['/usr/bin/sudo', '-n', '--', '/usr/bin/env', '-i', ...pairs, ...argv] : argv, {
    cwd: '/',
    stdout: log,
    stderr: log,
    env,
  });
}

function environmentOf(installation: Installation, part: Part): Record<string, string> {
  const { environment } = installation;
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    SLOWLANE_HOME: part.enclosure.inside(environment.home),
    SLOWLANE_GROUND: part.enclosure.inside(environment.ground),
    SLOWLANE_CONFIG: part.enclosure.inside(environment.configFile),
    SLOWLANE_ACCOUNT: `${part.account.uid}:${part.account.gid}`,
    SLOWLANE_FIRST_UID: String(slotUids(environment.home).firstUid),
    ...(part.name === 'service' ? namedSecrets(installation) : {}),
    // Libraries of clusters come from the same registries.
    ...(part.name === 'workspace' ? secretsOf(installation, credentialVariables(installation.config).registries) : {}),
  };
}

/** Only the variables that slowlane.yaml names are passed on, and only to whom they are for. */
function namedSecrets({ config, environment }: Installation): Record<string, string> {
  const names = Object.values(config.workspaces).flatMap((workspace) =>
    workspace.kind === 'databricks' ? [workspace.token_env, workspace.client_id_env, workspace.client_secret_env] : [],
  );
  const { registries, sources } = credentialVariables(config);
  names.push(config.ledger?.postgres.url_env, config.mail?.password_env, ...registries, ...sources);
  return secretsOf({ environment }, names);
}

function secretsOf(
  { environment }: Pick<Installation, 'environment'>,
  names: readonly (string | undefined)[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (name === undefined ? [] : [[name, environment.secret(name) ?? '']])),
  );
}

async function untilReady(
  installation: Installation,
  process: { name: Startable; identity: ProcessIdentity; ready(): Promise<boolean> },
): Promise<void> {
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    if (await process.ready()) return;
    if (!isAlive(process.identity)) break;
    await pause(50);
  }
  const log = join(installation.paths.logs, `${process.name}.log`);
  const tail = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-8).join('\n') : '';
  throw new SlowLaneError('ground.missing', `${process.name} did not come up:\n${tail}`, { hint: `See ${log}` });
}

async function assertPortFree(installation: Installation, name: Startable): Promise<void> {
  const local = installation.config.workspaces['local'];
  const port =
    name === 'service'
      ? installation.config.listen.port
      : name === 'workspace' && local?.kind === 'local'
        ? local.port
        : undefined;
  if (port === undefined || port === 0 || !(await canConnect({ port, host: '127.0.0.1' }))) return;
  const key = name === 'service' ? 'listen.port' : 'workspaces.local.port';
  throw new SlowLaneError('ground.port-in-use', `port ${port}, which ${name} would listen on, is in use`, {
    hint: `End the program that listens there, or set ${key} in ${installation.environment.configFile}`,
  });
}

/** Root of a user namespace of its own, and nobody outside: whom it serves is root there too. */
function rootlessHelper(enclosure: Enclosure, runsAs: Account): Pick<Part, 'enclosure' | 'runsAs' | 'account'> {
  const enter = ['/usr/bin/unshare', '--user', '--map-root-user', '--mount', '--propagation', 'slave', '--'];
  const entered = { ...enclosure, prefix: (account: Account | 'root') => [...enclosure.prefix(account), ...enter] };
  return { enclosure: entered, runsAs, account: { uid: 0, gid: 0 } };
}

function isRootless({ config }: Installation): boolean {
  return config.sandbox.tier === 'rootless';
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Root's rights are needed once, to start the helper: a terminal is asked for the password, a script must have them already. */
async function askForRoot(): Promise<void> {
  if (isRoot() || (await run(['/usr/bin/sudo', '-n', 'true'])).ok) return;
  if (
    process.stdin.isTTY === true &&
    (await start(['/usr/bin/sudo', '-v'], { inheritEnv: true, stdin: 0, stdout: 'inherit', stderr: 'inherit' }).ended)
      .exitCode === 0
  )
    return;
  throw new SlowLaneError('ground.missing', "the sandbox helper needs root's rights, and sudo does not give them", {
    hint: 'Run: sudo -v && ./slowlane up',
  });
}

async function terminateAsRoot(identity: ProcessIdentity): Promise<void> {
  await run(['/usr/bin/sudo', '-n', '--', '/bin/kill', '-TERM', String(identity.pid)]);
  const until = performance.now() + 15_000;
  while (isAlive(identity) && performance.now() < until) await pause(50);
}

function canConnect(where: { path: string } | { port: number; host: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(where, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v1/health`, { signal: AbortSignal.timeout(2_000) });
    return response.ok;
  } catch {
    return false;
  }
}
