import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type RootSpec, type SandboxCommand, type SandboxDriver, SlowLaneError } from '@slowlane/contracts';
import { clusterLibraryDir, lifeFolder } from '../clusters/cluster-parts.ts';
import type { ClusterRecord } from '../clusters/cluster-record.ts';
import { namesOfPath } from '../files/api-path.ts';
import { openFile } from '../files/safe-folder.ts';
import type { Library } from '../jobs/schema.ts';
import { objectNames } from '../objects/object-path.ts';
import { makePassable, makeShared } from '../runs/run-folders.ts';
import { sparkHome } from '../runs/submit-arguments.ts';
import { libraryKind } from './library-kind.ts';
import { type RegistryAccess, registryOf } from './registry-of.ts';

export interface InstallOptions extends RegistryAccess {
  driver: SandboxDriver;
  root: RootSpec;
  stateDir: string;
  volumesDir: string;
  objectsDir: string;
}

/** Gives what a driver is to load, by paths of its sandbox; throws with the reason when it cannot. */
export type InstallLibrary = (cluster: ClusterRecord, library: Library, onFound: () => void) => Promise<Library[]>;

/** Where drivers of a cluster find the copies that it has loaded. */
export const loadedTarget = '/opt/slowlane/libraries';

export function loadedDir(stateDir: string, cluster: Pick<ClusterRecord, 'clusterId' | 'generation'>): string {
  return join(lifeFolder(stateDir, cluster), 'libraries');
}

export function createInstaller(options: InstallOptions): InstallLibrary {
  return async (cluster, library, onFound) => {
    await prepareClusterFolders(options.stateDir, cluster);
    const kind = libraryKind(library);
    if (kind === 'jar' || kind === 'whl')
      return [{ [kind]: await keepCopy(options, cluster, library[kind] as string, onFound) }];
    if (kind === 'maven') return installMaven(options, cluster, library, onFound);
    if (kind === 'cran') return findCran(options, library);
    return installPython(options, cluster, library, onFound);
  };
}

/** The folders of a cluster's libraries, where nothing of it may have been made yet. */
export async function prepareClusterFolders(
  stateDir: string,
  cluster: Pick<ClusterRecord, 'clusterId' | 'generation'>,
): Promise<void> {
  await makePassable(join(stateDir, 'clusters'));
  await makePassable(lifeFolder(stateDir, cluster));
  await mkdir(loadedDir(stateDir, cluster), { recursive: true, mode: 0o755 });
  await makeShared(clusterLibraryDir(stateDir, cluster));
}

async function keepCopy(
  options: InstallOptions,
  cluster: ClusterRecord,
  path: string,
  onFound: () => void,
): Promise<string> {
  const opened = await openWhereItLies(options, path);
  if (opened === undefined) throw failed(`The library ${path} does not exist.`);
  try {
    onFound();
    const place = createHash('sha256').update(path).digest('hex').slice(0, 16);
    const folder = join(loadedDir(options.stateDir, cluster), place);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o755 });
    const target = createWriteStream(join(folder, basename(path)), { mode: 0o644 });
    await pipeline(opened.handle.createReadStream({ autoClose: false }), target);
    return `${loadedTarget}/${place}/${basename(path)}`;
  } finally {
    await opened.handle.close();
  }
}

function openWhereItLies(options: InstallOptions, path: string): ReturnType<typeof openFile> {
  if (path.startsWith('/Volumes/')) return openFile(options.volumesDir, namesOfPath(path).slice(1));
  return openFile(options.objectsDir, objectNames(path));
}

/** Packages from the registry go to the folder that all drivers and workers of the cluster have on their path. */
async function installPython(
  options: InstallOptions,
  cluster: ClusterRecord,
  library: Library,
  onFound: () => void,
): Promise<Library[]> {
  const { registry, socketPath } = registryOf(options, library);
  const target = clusterLibraryDir(options.stateDir, cluster);
  const wanted: string[] = [];
  if (library.requirements === undefined) wanted.push((library.pypi as { package: string }).package);
  else {
    const opened = await openWhereItLies(options, library.requirements as string);
    if (opened === undefined) throw failed(`The file ${String(library.requirements)} does not exist.`);
    const text = await opened.handle.readFile('utf8').finally(() => opened.handle.close());
    await writeFile(join(target, '.requirements.txt'), text);
    wanted.push('--requirement', '/out/.requirements.txt');
  }
  onFound();
  const pip = ['/usr/bin/python3', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-cache-dir'];
  const index = ['--index-url', `${gatewayUrl}/${registry}/simple`, '--target', '/out', '--upgrade'];
  await runInSandbox(options, cluster, target, {
    // What follows `--` is a package; `--requirement` is our own word.
    argv: [...pip, ...index, ...(library.requirements === undefined ? ['--'] : []), ...wanted],
    net: { mode: 'gateway', socketPath },
  });
  return [];
}

/** Spark's own resolver (Apache Ivy), against the registry behind the gateway. */
async function installMaven(
  options: InstallOptions,
  cluster: ClusterRecord,
  library: Library,
  onFound: () => void,
): Promise<Library[]> {
  const { registry, socketPath } = registryOf(options, library);
  const { coordinates, exclusions } = library.maven as { coordinates: string; exclusions?: string[] };
  const place = createHash('sha256').update(JSON.stringify(library.maven)).digest('hex').slice(0, 16);
  const folder = join(loadedDir(options.stateDir, cluster), place);
  await rm(folder, { recursive: true, force: true });
  await makeShared(folder);
  await writeFile(join(folder, 'settings.xml'), ivySettings(registry));
  await writeFile(join(folder, 'ivy.xml'), ivyModule(coordinates, exclusions ?? []));
  onFound();
  const ivy = [
    '/usr/bin/java',
    '-Divy.default.ivy.user.dir=/tmp/ivy',
    '-cp',
    `${sparkHome}/jars/*`,
    'org.apache.ivy.Main',
  ];
  const files = ['-settings', '/out/settings.xml', '-ivy', '/out/ivy.xml', '-confs', 'default', '-warn'];
  const retrieve = ['-retrieve', '/out/[organisation]_[artifact]-[revision](-[classifier]).[ext]'];
  await runInSandbox(options, cluster, folder, {
    argv: [...ivy, ...files, ...retrieve],
    net: { mode: 'gateway', socketPath },
  });
  const jars = (await readdir(folder)).filter((name) => name.endsWith('.jar')).sort();
  return jars.map((name) => ({ jar: `${loadedTarget}/${place}/${name}` }));
}

async function findCran(options: InstallOptions, library: Library): Promise<Library[]> {
  const name = (library.cran as { package: string }).package;
  const script = 'q(status = as.integer(!requireNamespace(commandArgs(TRUE)[1], quietly = TRUE)))';
  try {
    await runInSandbox(options, undefined, undefined, {
      argv: ['/usr/bin/Rscript', '--vanilla', '-e', script, name],
      net: { mode: 'none' },
    });
    return [];
  } catch (cause) {
    throw failed(
      `The R package ${name} is not installed on this machine, and the local workspace does not reach CRAN. Install it beside R (Debian: r-cran-${name.toLowerCase()}).`,
      cause,
    );
  }
}

let count = 0;

async function runInSandbox(
  options: InstallOptions,
  cluster: ClusterRecord | undefined,
  folder: string | undefined,
  command: SandboxCommand,
): Promise<void> {
  const mib = 1_024 ** 2;
  const sandbox = await options.driver.create({
    id: `lib-${process.pid}-${(count += 1)}`,
    root: options.root,
    mounts: folder === undefined ? [] : [{ kind: 'rw', source: folder, target: '/out' }],
    env: { HOME: '/tmp', LANG: 'C.UTF-8', TZ: 'UTC', ...(cluster === undefined ? {} : { PYTHONPATH: '/out' }) },
    limits: {
      ...{ wallMs: 1_800_000, memoryBytes: 2_048 * mib, pids: 512, cpus: 2 },
      ...{ workBytes: mib, workInodes: 1_000, outputBytes: 4 * mib, tmpBytes: 1_024 * mib },
    },
    work: { kind: 'none' },
    identity: 'shared-group',
  });
  try {
    const running = await sandbox.exec(command);
    let said = '';
    for (const stream of [running.stdout, running.stderr])
      stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
    running.stdin.end();
    const end = await running.done;
    if (end.reason !== 'exit' || end.code !== 0)
      throw failed(lastLines(said) || `It ended: ${end.reason} ${end.code}.`);
  } finally {
    await sandbox.destroy();
  }
}

/** Ivy frames its words with colons. */
function lastLines(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^\s*:{2,}\s*|\s*:{2,}\s*$/g, '').trim());
  return lines
    .filter((line) => line !== '')
    .slice(-8)
    .join('\n');
}

function failed(message: string, cause?: unknown): SlowLaneError {
  return new SlowLaneError('sandbox.failed', message, { cause });
}

/** Where a sandbox finds the gateway. */
const gatewayUrl = 'http://127.0.0.1:3128';

function ivySettings(registry: string): string {
  return `<ivysettings>
  <settings defaultResolver="registry"/>
  <caches defaultCacheDir="/tmp/ivy/cache"/>
  <resolvers><ibiblio name="registry" m2compatible="true" root="${gatewayUrl}/${registry}/"/></resolvers>
</ivysettings>
`;
}

/** Coordinates were checked by `libraryKind`: they hold nothing that means something in XML. */
function ivyModule(coordinates: string, exclusions: readonly string[]): string {
  const [group, artifact, version] = coordinates.split(':') as [string, string, string];
  const excludes = exclusions
    .map((exclusion) => /^([A-Za-z0-9_.*-]+)(?::([A-Za-z0-9_.*-]+))?$/.exec(exclusion))
    .filter((match) => match !== null)
    .map(([, org, module]) => `    <exclude org="${org}" module="${module ?? '*'}"/>`);
  return `<ivy-module version="2.0">
  <info organisation="slowlane" module="library"/>
  <configurations><conf name="default"/></configurations>
  <dependencies>
    <dependency org="${group}" name="${artifact}" rev="${version}" conf="default->runtime(*),master(*)"/>
${excludes.join('\n')}
  </dependencies>
</ivy-module>
`;
}
