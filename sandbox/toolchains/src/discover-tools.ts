import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '@slowlane/process';
import type { PinnedRoot } from './pinned/pinned-root.ts';

/** A tool that a build plan may ask for, found on this machine. */
export interface Tool {
  name: string;
  /** `17.0.21`, `3.11.2`; `unknown` when the place does not say. */
  version: string;
  /** Folder or file on this machine. */
  home: string;
  /** Where a sandbox sees it: the same place below `/usr`, else a place below `/opt`. */
  inside: string;
  /** Whether `home` must be bound to `inside` for a sandbox to see it. */
  isShown?: boolean;
}

export interface DiscoverOptions {
  /** A pinned root file system to look into in place of this machine; `home` is then where the tool lies in it. */
  pinned?: Pick<PinnedRoot, 'folder' | 'packages'>;
  /** Default `/usr/lib/jvm`. Each folder in it with `bin/java` and a `release` file is a JDK. */
  jvmFolder?: string;
  /** sbt's launcher jar. */
  sbtLauncher?: string;
  /** The site-packages folder that holds `pyspark`. */
  sparkHome?: string;
  nodeBinary?: string;
  /** What the operator adds by name: folders, shown as `/opt/<name>`. */
  declared?: Readonly<Record<string, { home: string; version?: string | undefined }>>;
}

/** What is there, by looking: versions come from the tools' own files, not from a list. */
export async function discoverTools(options: DiscoverOptions = {}): Promise<Tool[]> {
  const found = await Promise.all([
    options.pinned === undefined ? findSystem('', options.jvmFolder) : findPinned(options.pinned),
    findSbtLauncher(options.sbtLauncher),
    findSpark(options.sparkHome),
    findNode(options.nodeBinary),
    findDeclared(options.declared ?? {}),
  ]);
  return found.flat();
}

async function findSystem(root: string, jvmFolder = `${root}/usr/lib/jvm`): Promise<Tool[]> {
  const share = `${root}/usr/share`;
  const found = await Promise.all([
    findJdks(jvmFolder),
    findByJar('maven', `${share}/maven`, 'maven-core-', `${share}/maven-repo/org/apache/maven/maven-core`),
    findByJar('gradle', `${share}/gradle`, 'gradle-core-'),
    root === '' ? findPython() : [],
    findR(`${root}/usr/lib/R`),
  ]);
  return found.flat();
}

/** Nothing of it is started here: what Python it has, its packages say. */
async function findPinned({ folder, packages }: NonNullable<DiscoverOptions['pinned']>): Promise<Tool[]> {
  const tools = (await findSystem(folder)).map((tool) => {
    const home = tool.home.slice(folder.length);
    return { ...tool, home, inside: home };
  });
  const python = packages.find(({ name }) => /^python3\.\d+-minimal$/.test(name));
  const version = /^\d+(\.\d+)*/.exec(python?.version ?? '')?.[0];
  if (version === undefined || !existsSync(`${folder}/usr/bin/python3`)) return tools;
  return [...tools, { name: 'python', version, home: '/usr/bin/python3', inside: '/usr/bin/python3' }];
}

async function findJdks(folder: string): Promise<Tool[]> {
  const names = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const homes = names.filter((entry) => entry.isDirectory()).map((entry) => path.join(folder, entry.name));
  const jdks = await Promise.all(homes.map(readJdk));
  return jdks.filter((jdk) => jdk !== undefined);
}

async function readJdk(home: string): Promise<Tool | undefined> {
  if (!existsSync(`${home}/bin/java`)) return undefined;
  const release = await readFile(`${home}/release`, 'utf8').catch(() => '');
  const version = /^JAVA_VERSION="([^"]+)"/m.exec(release)?.[1];
  if (version === undefined) return undefined;
  return { name: 'jdk', version, home, inside: insideOf(home, `/opt/jdk-${version}`) };
}

/** The version in the name of the tool's main jar; Debian's `maven-core-3.x.jar` says it only in its Maven repository. */
async function findByJar(name: 'maven' | 'gradle', ...[home, prefix, repository]: string[]): Promise<Tool[]> {
  if (home === undefined) return [];
  const jars = (await readdir(`${home}/lib`).catch(() => [])).filter((jar) => jar.startsWith(prefix ?? ''));
  if (jars.length === 0) return [];
  const folders = repository === undefined ? [] : await readdir(repository).catch(() => []);
  const candidates = [...jars.map((jar) => jar.slice(prefix?.length ?? 0, -'.jar'.length)), ...folders];
  const version = candidates.find((one) => /^\d+(\.\d+)+$/.test(one)) ?? 'unknown';
  return [{ name, version, home, inside: insideOf(home, `/opt/${name}-${version}`) }];
}

async function findPython(): Promise<Tool[]> {
  const home = '/usr/bin/python3';
  if (!existsSync(home)) return [];
  const { stdout } = await run([home, '-I', '-c', 'import platform; print(platform.python_version())']);
  return [{ name: 'python', version: stdout.trim() || 'unknown', home, inside: home }];
}

async function findR(home: string): Promise<Tool[]> {
  const description = await readFile(`${home}/library/base/DESCRIPTION`, 'utf8').catch(() => '');
  const version = /^Version:\s*(\S+)/m.exec(description)?.[1];
  return version === undefined ? [] : [{ name: 'r', version, home, inside: home }];
}

async function findSbtLauncher(home: string | undefined): Promise<Tool[]> {
  if (home === undefined || !existsSync(home)) return [];
  const version = /sbt-launch-(\d[\w.-]*)\.jar$/.exec(home)?.[1] ?? 'unknown';
  return [{ name: 'sbt-launcher', version, home, inside: '/opt/sbt/sbt-launch.jar' }];
}

async function findSpark(home: string | undefined): Promise<Tool[]> {
  if (home === undefined) return [];
  const text = await readFile(`${home}/pyspark/version.py`, 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const version = /__version__[^=]*=\s*["']([^"']+)["']/.exec(text)?.[1] ?? 'unknown';
  return [{ name: 'spark', version, home, inside: '/opt/site' }];
}

async function findNode(home: string | undefined): Promise<Tool[]> {
  if (home === undefined || !existsSync(home)) return [];
  const { stdout } = await run([home, '--version']);
  return [{ name: 'node', version: stdout.trim().replace(/^v/, '') || 'unknown', home, inside: '/opt/node/bin/node' }];
}

/** A tool that is named but not there is left out: a build that needs it is told so. */
async function findDeclared(declared: NonNullable<DiscoverOptions['declared']>): Promise<Tool[]> {
  const found = await Promise.all(
    Object.entries(declared).map(async ([name, { home, version }]): Promise<Tool[]> => {
      if (!existsSync(home)) return [];
      const text = version ?? (await readFile(`${home}/VERSION`, 'utf8').catch(() => ''));
      return [
        { name, version: /\d+(\.\d+)*/.exec(text)?.[0] ?? 'unknown', home, inside: `/opt/${name}`, isShown: true },
      ];
    }),
  );
  return found.flat();
}

function insideOf(home: string, elsewhere: string): string {
  return home.startsWith('/usr/') ? home : elsewhere;
}
