import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discoverTools } from '../discover-tools.ts';
import { hostRoot } from '../host-root.ts';
import { debianSuite } from './debian-suite.ts';
import { installedPackages } from './installed-packages.ts';
import { findPinnedRoot, pinnedDigest, recordFile } from './pinned-root.ts';

const status = `Package: python3.11-minimal
Status: install ok installed
Version: 3.11.2-6+deb12u6

Package: gone
Status: deinstall ok config-files
Version: 1

Package: adduser
Status: install ok installed
Version: 3.134
Description: add users
 Package: not this
`;

describe('a pinned root file system', () => {
  let roots: string;
  beforeEach(() => {
    roots = mkdtempSync(`${tmpdir()}/slowlane-pinned-`);
  });
  afterEach(() => rmSync(roots, { recursive: true, force: true }));

  it('holds the packages that are installed, by name', () => {
    expect(installedPackages(status)).toEqual([
      { name: 'adduser', version: '3.134' },
      { name: 'python3.11-minimal', version: '3.11.2-6+deb12u6' },
    ]);
  });

  it('has a digest over packages, versions and tar, whatever the order', () => {
    const packages = installedPackages(status);
    const digest = pinnedDigest(packages, 'sha256:1');
    expect(pinnedDigest([...packages].reverse(), 'sha256:1')).toBe(digest);
    expect(pinnedDigest(packages, 'sha256:2')).not.toBe(digest);
    expect(pinnedDigest([{ name: 'adduser', version: '3.135' }, ...packages.slice(1)], 'sha256:1')).not.toBe(digest);
  });

  it('is found for the same packages of the same release, and only while it is there', () => {
    const request = { roots, suite: 'bookworm', packages: ['b', 'a'] };
    expect(findPinnedRoot(request)).toBeUndefined();
    const record = { v: 1, digest: 'd', tarDigest: 't', suite: 'bookworm', packages: [], folder: 'root-1' };
    writeFileSync(recordFile(request), JSON.stringify(record));
    expect(findPinnedRoot(request)).toBeUndefined();
    mkdirSync(`${roots}/root-1/usr`, { recursive: true });
    expect(findPinnedRoot({ ...request, packages: ['a', 'b'] })).toMatchObject({ folder: `${roots}/root-1` });
    expect(findPinnedRoot({ ...request, suite: 'trixie' })).toBeUndefined();
    expect(findPinnedRoot({ ...request, packages: ['a'] })).toBeUndefined();
  });

  it('is what a sandbox sees in place of this machine, with its own tools', async () => {
    const folder = `${roots}/root`;
    for (const name of ['usr/bin', 'usr/lib/jvm/jdk/bin', 'etc/alternatives', 'usr/sbin'])
      mkdirSync(`${folder}/${name}`, { recursive: true });
    for (const name of ['usr/bin/python3', 'usr/lib/jvm/jdk/bin/java']) writeFileSync(`${folder}/${name}`, '');
    writeFileSync(`${folder}/usr/lib/jvm/jdk/release`, 'JAVA_VERSION="17.0.9"\n');
    const pinned = { folder, digest: 'sha256:1', packages: installedPackages(status) };
    const tools = await discoverTools({ pinned });
    expect(tools.map(({ name, version, home }) => [name, version, home])).toEqual([
      ['jdk', '17.0.9', '/usr/lib/jvm/jdk'],
      ['python', '3.11.2', '/usr/bin/python3'],
    ]);
    const root = await hostRoot({ pinned, tools });
    expect(root.binds).toEqual([
      { source: `${folder}/usr`, target: '/usr' },
      { source: `${folder}/etc/alternatives`, target: '/etc/alternatives' },
    ]);
    expect(root.symlinks.map((link) => link.path)).toEqual(['/bin', '/lib', '/sbin']);
    expect((await hostRoot({ pinned: { ...pinned, digest: 'sha256:2' }, tools })).digest).not.toBe(root.digest);
  });

  it('is made for the release that this machine is, and refused where that is unknown', () => {
    expect(debianSuite('ID=debian\nVERSION_CODENAME=bookworm\n')).toBe('bookworm');
    expect(() => debianSuite('ID=arch\n')).toThrowError(expect.objectContaining({ code: 'ground.missing' }) as Error);
  });
});
