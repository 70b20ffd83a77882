import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { formatDuration } from '@slowlane/kit';
import { start } from '@slowlane/process';
import { buildSparkExtension } from '@slowlane/workspace';
import type { Remedy, Requirement } from './requirement.ts';

export interface InstallContext {
  /** The caller's own environment: package managers are the caller's programs and follow the caller's configuration. */
  environment: Record<string, string>;
  isRoot: boolean;
  /** PEM bundle of the system, for tools that bring their own. */
  caBundle: string | undefined;
  /** Learned address of the Maven registry. */
  mavenUpstream(): Promise<string>;
  say(line: string): void;
  /** Where the package manager's own words go. */
  log: string;
}

/** The exact line a person would type for it. */
export function remedyLine(remedy: Remedy, isRoot: boolean): string {
  const sudo = isRoot ? '' : 'sudo ';
  switch (remedy.kind) {
    case 'apt':
      return `${sudo}apt-get install -y ${remedy.packages.join(' ')}`;
    case 'pip':
      return `/usr/bin/python3 -m pip install --target ${remedy.target} ${remedy.package}`;
    case 'maven':
      return `mvn dependency:copy -Dartifact=${remedy.coordinates} -DoutputDirectory=${dirname(remedy.file)} -Dmdep.stripVersion=true`;
    case 'classes':
      return './slowlane up';
    case 'user':
      return `useradd --system --user-group --home-dir /var/lib/slowlane --shell /usr/sbin/nologin ${remedy.name}`;
    case 'by-hand':
      return remedy.line;
  }
}

/** Installs what is missing: Debian packages in one go, the rest one by one. Throws `ground.missing` with the exact line. */
export async function install(missing: readonly Requirement[], context: InstallContext): Promise<void> {
  const packages = missing.flatMap(({ remedy }) => (remedy.kind === 'apt' ? remedy.packages : []));
  if (packages.length > 0) await installPackages(packages, context);
  for (const requirement of missing) {
    if (requirement.remedy.kind === 'apt') continue;
    context.say(`installing ${requirement.name} ...`);
    const begun = performance.now();
    await installOne(requirement, context);
    context.say(`  done in ${formatDuration(performance.now() - begun)}`);
  }
}

async function installPackages(packages: string[], context: InstallContext): Promise<void> {
  const prefix = context.isRoot ? [] : ['sudo'];
  const line = [...prefix, 'apt-get', 'install', '-y', ...packages].join(' ');
  context.say(`${line} ...`);
  const begun = performance.now();
  const env = { ...context.environment, DEBIAN_FRONTEND: 'noninteractive' };
  mkdirSync(dirname(context.log), { recursive: true });
  const log = openSync(context.log, 'w');
  const child = start([...prefix, 'sh', '-c', quietInstall, 'install', ...packages], {
    env,
    stdin: 0,
    stdout: log,
    stderr: log,
  });
  const { exitCode } = await child.ended;
  closeSync(log);
  if (exitCode !== 0) {
    const tail = readFileSync(context.log, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
    throw new SlowLaneError(
      'ground.missing',
      `these Debian packages could not be installed: ${packages.join(' ')}\n${tail}`,
      {
        hint: `Run: ${line}   (everything apt said is in ${context.log})`,
      },
    );
  }
  context.say(`  done in ${formatDuration(performance.now() - begun)}`);
}

/**
 * A package that brings a daemon (redis-server) would start it: Slow Lane runs its own. Debian's way to forbid it is a `policy-rc.d`
 * that answers 101; ours is there only meanwhile, and one that an administrator put there is left alone.
 */
const quietInstall = `
policy=/usr/sbin/policy-rc.d
made=no
trap '[ "$made" = no ] || rm -f "$policy"' EXIT
if [ ! -e "$policy" ]; then made=yes; printf '#!/bin/sh\\nexit 101\\n' >"$policy"; chmod 755 "$policy"; fi
apt-get update -qq || echo "apt-get update failed: trying with the lists that are there" >&2
apt-get -o Dpkg::Use-Pty=0 install -y -qq --no-install-recommends "$@"
`;

async function installOne(requirement: Requirement, context: InstallContext): Promise<void> {
  const { remedy } = requirement;
  const line = remedyLine(remedy, context.isRoot);
  let ok = false;
  if (remedy.kind === 'pip') ok = await installWheel(remedy, context);
  if (remedy.kind === 'maven') ok = await downloadJar(remedy, context);
  if (remedy.kind === 'classes') ok = await buildClasses(remedy);
  if (remedy.kind === 'user') ok = (await runVisibly(line.split(' '), context.environment)) === 0;
  if (!ok)
    throw new SlowLaneError('ground.missing', `${requirement.name} could not be installed`, { hint: `Run: ${line}` });
}

/** Compiled here, because they must fit the Spark that is there. The compiler's words come with the error. */
async function buildClasses(remedy: { site: string; jdk(): string | undefined }): Promise<boolean> {
  const jdk = remedy.jdk();
  if (jdk === undefined) return false;
  await buildSparkExtension({ site: remedy.site, jdk });
  return true;
}

async function installWheel(remedy: { package: string; target: string }, context: InstallContext): Promise<boolean> {
  mkdirSync(remedy.target, { recursive: true });
  const certificate = context.caBundle === undefined ? [] : ['--cert', context.caBundle];
  const argv = [
    '/usr/bin/python3',
    '-m',
    'pip',
    'install',
    '--quiet',
    '--root-user-action=ignore',
    '--no-input',
    '--disable-pip-version-check',
    '--no-compile',
    ...certificate,
    '--upgrade',
    '--target',
    remedy.target,
    remedy.package,
  ];
  if ((await runVisibly(argv, context.environment)) !== 0) return false;
  if (remedy.package.startsWith('pyspark')) writeFileSync(join(remedy.target, '.complete'), `${remedy.package}\n`);
  return true;
}

/** Takes one JAR from the Maven registry, checked against the registry's own SHA-1 (transport only). */
async function downloadJar(remedy: { coordinates: string; file: string }, context: InstallContext): Promise<boolean> {
  const [group, artifact, version] = remedy.coordinates.split(':') as [string, string, string];
  const base = (await context.mavenUpstream()).replace(/\/$/, '');
  const url = `${base}/${group.replaceAll('.', '/')}/${artifact}/${version}/${artifact}-${version}.jar`;
  const [jar, sum] = await Promise.all([download(url), download(`${url}.sha1`)]);
  if (jar === undefined || sum === undefined) return false;
  if (createHash('sha1').update(jar).digest('hex') !== Buffer.from(sum).toString('utf8').trim().slice(0, 40))
    return false;
  mkdirSync(dirname(remedy.file), { recursive: true });
  writeFileSync(`${remedy.file}.part`, jar);
  renameSync(`${remedy.file}.part`, remedy.file);
  return true;
}

async function download(url: string): Promise<Uint8Array | undefined> {
  const response = await fetch(url, { redirect: 'follow', signal: AbortSignal.timeout(120_000) });
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
}

async function runVisibly(argv: string[], env: Record<string, string>): Promise<number> {
  // stdout belongs to --json: everything a package manager says goes to stderr.
  const child = start(argv, { env, stdin: 'ignore', stdout: 2, stderr: 'inherit' });
  return (await child.ended).exitCode ?? 1;
}
