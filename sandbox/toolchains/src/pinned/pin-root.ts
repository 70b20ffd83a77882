import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { SlowLaneError } from '@slowlane/contracts';
import type { PinnedRecord } from '@slowlane/contracts';
import { run, start } from '@slowlane/process';
import { aptSettings } from './apt-settings.ts';
import { installedPackages } from './installed-packages.ts';
import { findPinnedRoot, pinnedDigest, recordFile } from './pinned-root.ts';
import type { PinnedRoot, PinRequest } from './pinned-root.ts';

export interface PinOptions extends PinRequest {
  /** Makes it anew although there is one: from today's packages. */
  isFresh?: boolean;
  /** argv prefix that gives root's rights; empty for root. */
  asRoot?: readonly string[];
  say(line: string): void;
}

const maker = '/usr/bin/mmdebstrap';

/**
 * Makes a root file system from Debian packages with the sources that apt of this machine has, or gives the one that is there. Root owns it, and nothing
 * ever writes to it: a fresh one gets a folder of its own, so builds that run keep theirs.
 *
 * Throws `ground.missing` without mmdebstrap, `platform.unexpected` with what it said when it fails.
 */
export async function pinRoot(options: PinOptions): Promise<PinnedRoot> {
  const known = options.isFresh === true ? undefined : findPinnedRoot(options);
  if (known !== undefined) return known;
  if (!existsSync(maker))
    throw new SlowLaneError('ground.missing', `${maker} is not installed`, { hint: 'apt-get install mmdebstrap' });
  mkdirSync(options.roots, { recursive: true, mode: 0o755 });
  const tar = path.join(options.roots, `.${process.pid}.tar`);
  try {
    await makeTar(tar, options);
    return await unpack(tar, options);
  } finally {
    await asRoot(['/bin/rm', '-f', '--', tar], options);
  }
}

async function makeTar(tar: string, options: PinOptions): Promise<void> {
  const { sources, settings } = await aptSettings();
  const child = start(
    [
      ...(options.asRoot ?? []),
      // Times in the tar are not later than this: the same packages give the same bytes.
      ...['/usr/bin/env', 'SOURCE_DATE_EPOCH=0', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8'],
      ...[maker, '--mode=root', '--variant=essential', '--format=tar', `--include=${options.packages.join(',')}`],
      ...settings.map((setting) => `--aptopt=${setting}`),
      ...['--', options.suite, tar, ...sources],
    ],
    { stdout: 'ignore', cwd: '/' },
  );
  const last: string[] = [];
  const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
  lines.on('line', (line) => {
    last.push(line);
    if (last.length > 20) last.shift();
    if (line.startsWith('I: ')) options.say(line.slice(3));
  });
  const { exitCode } = await child.ended;
  if (exitCode === 0) return;
  throw new SlowLaneError('platform.unexpected', `the root file system could not be made: ${last.join('\n')}`, {
    hint: 'The packages come from the sources in /etc/apt of this machine: apt-get update must work.',
  });
}

async function unpack(tar: string, options: PinOptions): Promise<PinnedRoot> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(tar), hash);
  const tarDigest = `sha256:${hash.digest('hex')}`;
  const name = `root-${tarDigest.slice('sha256:'.length, 'sha256:'.length + 16)}`;
  const folder = path.join(options.roots, name);
  if (!existsSync(folder)) {
    options.say('unpacking the root file system');
    const part = `${folder}.part`;
    await asRoot(['/bin/rm', '-rf', '--one-file-system', '--', part], options);
    await asRoot(['/bin/mkdir', '--', part], options);
    // No devices: a sandbox brings its own.
    const what = ['--extract', '--numeric-owner', '--same-permissions', '--exclude=./dev/*'];
    await asRoot(['/bin/tar', ...what, '--file', tar, '--directory', part], options);
    await asRoot(['/bin/mv', '--no-target-directory', '--', part, folder], options);
  }
  const packages = installedPackages(readFileSync(`${folder}/var/lib/dpkg/status`, 'utf8'));
  const root = { digest: pinnedDigest(packages, tarDigest), tarDigest, suite: options.suite, packages };
  writeRecord(recordFile(options), { v: 1, ...root, folder: name });
  return { ...root, folder };
}

function writeRecord(file: string, record: PinnedRecord): void {
  writeFileSync(`${file}.part`, JSON.stringify(record, undefined, 1));
  renameSync(`${file}.part`, file);
}

async function asRoot(argv: readonly string[], { asRoot: prefix = [] }: PinOptions): Promise<void> {
  const result = await run([...prefix, ...argv], { timeoutMs: 600_000 });
  if (!result.ok) throw new SlowLaneError('platform.unexpected', `${argv[0]} failed: ${result.stderr.trim()}`);
}
