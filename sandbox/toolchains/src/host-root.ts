import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SlowLaneError } from '@slowlane/contracts';
import type { RootSpec } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';
import type { Tool } from './discover-tools.ts';
import { etcBinds } from './etc-binds.ts';
import type { PinnedRoot } from './pinned/pinned-root.ts';

export interface HostRootOptions {
  /** In place of this machine's `/usr` and `/etc`. */
  pinned?: Pick<PinnedRoot, 'folder' | 'digest'>;
  /** From `discoverTools`: a JDK outside `/usr` is shown below `/opt`, and all versions count in the digest. */
  tools: readonly Tool[];
  /** The system's or the company's CA bundle (PEM); shown as `/etc/ssl/certs/ca-certificates.crt`. */
  caBundle?: string;
  /** Shown as `/opt/sbt/sbt-launch.jar`. */
  sbtLauncher?: string;
  /** A site-packages folder that contains `pyspark`; shown as `/opt/site`. */
  sparkHome?: string;
  /** Shown as `/opt/node/bin/node`. */
  nodeBinary?: string;
}

/**
 * The root file system of a sandbox on this machine's own `/usr`, or on a pinned one: that, the settings in `/etc` that the tools cannot do without,
 * generated account files, the named tools below `/opt`, and nothing else of the machine.
 *
 * The digest covers what the root is made of, not where it lies: tool versions, the list of installed packages, single files by content.
 * Throws `ground.missing` when a named path does not exist.
 */
export async function hostRoot(options: HostRootOptions): Promise<RootSpec> {
  const system = options.pinned?.folder ?? '';
  const binds = [
    { source: `${system}/usr`, target: '/usr' },
    ...etcBinds(options.caBundle, `${system}/etc`),
    ...toolBinds(options),
  ];
  for (const bind of binds) {
    if (!existsSync(bind.source)) throw new SlowLaneError('ground.missing', `${bind.source} does not exist`);
  }
  const symlinks = ['bin', 'lib', 'lib64', 'sbin']
    .filter((name) => existsSync(`${system}/usr/${name}`))
    .map((name) => ({ target: `usr/${name}`, path: `/${name}` }));
  const shape = { binds, symlinks, files: accountFiles };
  return { digest: await digestOf(shape, options), ...shape };
}

/** uid and gid 1000 are what a sandbox shows for its slot. Without the line Java's `user.home` is `?`. */
const accountFiles: RootSpec['files'] = [
  {
    path: '/etc/passwd',
    content: 'root:x:0:0::/:/usr/sbin/nologin\nbuild:x:1000:1000:build:/work/home:/bin/sh\n',
  },
  { path: '/etc/group', content: 'root:x:0:\nbuild:x:1000:\n' },
  { path: '/etc/hosts', content: '127.0.0.1 localhost sandbox\n' },
  { path: '/etc/nsswitch.conf', content: 'passwd: files\ngroup: files\nhosts: files\n' },
];

function toolBinds(options: HostRootOptions): RootSpec['binds'] {
  const jdks = options.tools.filter(
    (tool) => (tool.name === 'jdk' && tool.inside !== tool.home) || tool.isShown === true,
  );
  return [
    ...jdks.map((jdk) => ({ source: jdk.home, target: jdk.inside })),
    ...optional(options.sbtLauncher, '/opt/sbt/sbt-launch.jar'),
    ...optional(options.sparkHome, '/opt/site'),
    ...optional(options.nodeBinary, '/opt/node/bin/node'),
  ];
}

function optional(source: string | undefined, target: string): RootSpec['binds'] {
  return source === undefined ? [] : [{ source, target }];
}

async function digestOf(shape: Omit<RootSpec, 'digest'>, options: HostRootOptions): Promise<string> {
  const contents = [options.caBundle, options.sbtLauncher].filter((file) => file !== undefined);
  const description = {
    v: 1,
    targets: shape.binds.map((bind) => bind.target),
    symlinks: shape.symlinks,
    files: shape.files,
    tools: options.tools.map((tool) => `${tool.name} ${tool.version} ${tool.inside}`).sort(),
    packages: options.pinned?.digest ?? (await fileDigest('/var/lib/dpkg/status')),
    contents: await Promise.all(contents.map(fileDigest)),
  };
  return `sha256:${createHash('sha256').update(canonicalJson(description)).digest('hex')}`;
}

async function fileDigest(file: string): Promise<string> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  return createHash('sha256').update(bytes).digest('hex');
}
